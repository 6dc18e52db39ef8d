"""Months, quarters and spans as values. Financial years run from April to March.

``Quarter.parse("2023/24 Q2")`` knows its months, its days, the quarter before, the same quarter
last year, the year to date, and its labels.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from bcsp_analysis import ledger
from bcsp_analysis.errors import PeriodError

FIRST_MONTH_OF_YEAR = 4
_MONTH = re.compile(r"(\d{4})-(\d{2})")
_QUARTER = re.compile(r"(\d{4})[/-](\d{2}) ?[Qq]([1-4])")
_SLUG = re.compile(r"(\d{4})-(\d{2})-q([1-4])")


@dataclass(frozen=True, order=True)
class Month:
    """A calendar month.

    Parameters
    ----------
    year : int
        Calendar year, 1900 to 2199.
    number : int
        1 (January) to 12.

    Raises
    ------
    PeriodError
        The year or the number is out of range.
    """

    year: int
    number: int

    def __post_init__(self) -> None:
        if not (1900 <= self.year <= 2199 and 1 <= self.number <= 12):
            raise PeriodError(
                "no such month",
                found=f"{self.year}-{self.number:02d}",
                expected="a year from 1900 to 2199 and a month from 01 to 12",
            )

    @classmethod
    def parse(cls, text: str) -> Month:
        """Read ISO text such as ``"2023-04"``; PeriodError where it is anything else."""
        match = _MONTH.fullmatch(text.strip())
        if not match:
            raise PeriodError("not a month", found=repr(text), expected='ISO text, "2023-04"')
        return cls(int(match[1]), int(match[2]))

    def __add__(self, months: int) -> Month:
        total = self.year * 12 + self.number - 1 + months
        return Month(total // 12, total % 12 + 1)

    def __sub__(self, other: Month) -> int:
        """Months from `other` to this one."""
        return (self.year - other.year) * 12 + self.number - other.number

    def __str__(self) -> str:
        return f"{self.year}-{self.number:02d}"

    @property
    def days(self) -> int:
        """Number of days in the month."""
        return calendar.monthrange(self.year, self.number)[1]

    @property
    def start(self) -> date:
        """First day of the month."""
        return date(self.year, self.number, 1)

    @property
    def end(self) -> date:
        """Last day of the month."""
        return date(self.year, self.number, self.days)

    @property
    def name(self) -> str:
        """Name of the month alone, ``"April"``."""
        return calendar.month_name[self.number]

    @property
    def label(self) -> str:
        """``"April 2023"``."""
        return ledger.period(f"{self.name} {self.year}")

    @property
    def quarter(self) -> Quarter:
        """The financial quarter that the month belongs to."""
        offset = (self.number - FIRST_MONTH_OF_YEAR) % 12
        return Quarter(self.year - (self.number < FIRST_MONTH_OF_YEAR), offset // 3 + 1)


@dataclass(frozen=True, order=True)
class Span:
    """Consecutive months from `first` to `last`, both included.

    Raises
    ------
    PeriodError
        `last` lies before `first`.
    """

    first: Month
    last: Month

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise PeriodError(
                "a span ends before it begins",
                found=f"{self.first} to {self.last}",
                expected="the earlier month first",
            )

    def __iter__(self) -> Iterator[Month]:
        return (self.first + i for i in range(len(self)))

    def __len__(self) -> int:
        return self.last - self.first + 1

    def __contains__(self, month: object) -> bool:
        return isinstance(month, Month) and self.first <= month <= self.last

    @property
    def days(self) -> int:
        """Number of days in all its months."""
        return sum(month.days for month in self)

    @property
    def year_before(self) -> Span:
        """The same months a year earlier."""
        return Span(self.first + -12, self.last + -12)

    @property
    def label(self) -> str:
        """``"April to September 2023"``; both years are named where they differ."""
        if self.first == self.last:
            return self.first.label
        if self.first.year == self.last.year:
            return ledger.period(f"{self.first.name} to {self.last.label}")
        return f"{self.first.label} to {self.last.label}"


@dataclass(frozen=True, order=True)
class Quarter:
    """A quarter of a financial year.

    Parameters
    ----------
    year : int
        Calendar year in which the financial year begins: 2023 for 2023/24.
    number : int
        1 (April to June) to 4 (January to March of the next calendar year).
    """

    year: int
    number: int

    def __post_init__(self) -> None:
        if not (1900 <= self.year <= 2198 and 1 <= self.number <= 4):
            raise PeriodError(
                "no such quarter",
                found=f"{self.year} Q{self.number}",
                expected="a year from 1900 to 2198 and a quarter from 1 to 4",
            )

    @classmethod
    def parse(cls, text: str) -> Quarter:
        """Read ``"2023/24 Q2"``, ``"2023-24 Q2"`` or the slug ``"2023-24-q2"``.

        Raises
        ------
        PeriodError
            The text has another form, or its two years do not follow each other.
        """
        match = _QUARTER.fullmatch(text.strip()) or _SLUG.fullmatch(text.strip())
        if not match or (int(match[1]) + 1) % 100 != int(match[2]):
            raise PeriodError(
                "not a quarter of a financial year",
                found=repr(text),
                expected='two years that follow each other and a quarter, "2023/24 Q2"',
            )
        return cls(int(match[1]), int(match[3]))

    def __add__(self, quarters: int) -> Quarter:
        total = self.year * 4 + self.number - 1 + quarters
        return Quarter(total // 4, total % 4 + 1)

    def __str__(self) -> str:
        return self.label

    @property
    def financial_year(self) -> str:
        """``"2023/24"``."""
        return ledger.period(f"{self.year}/{(self.year + 1) % 100:02d}")

    @property
    def label(self) -> str:
        """``"2023/24 Q2"``."""
        return ledger.period(f"{self.financial_year} Q{self.number}")

    @property
    def slug(self) -> str:
        """For file names and addresses: ``"2023-24-q2"``."""
        return f"{self.financial_year.replace('/', '-')}-q{self.number}"

    @property
    def span(self) -> Span:
        """Its three months."""
        first = Month(self.year, FIRST_MONTH_OF_YEAR) + 3 * (self.number - 1)
        return Span(first, first + 2)

    @property
    def months(self) -> tuple[Month, ...]:
        """Its three months, in order."""
        return tuple(self.span)

    @property
    def days(self) -> int:
        """Number of days in the quarter: 90 to 92."""
        return self.span.days

    @property
    def previous(self) -> Quarter:
        """The quarter before."""
        return self + -1

    @property
    def next(self) -> Quarter:
        """The quarter after."""
        return self + 1

    @property
    def year_before(self) -> Quarter:
        """The same quarter of the financial year before."""
        return Quarter(self.year - 1, self.number)

    @property
    def year_to_date(self) -> Span:
        """From April of its financial year to its own last month."""
        return Span(Month(self.year, FIRST_MONTH_OF_YEAR), self.span.last)

    @property
    def year_to_date_quarters(self) -> tuple[Quarter, ...]:
        """The quarters of the financial year up to and including this one."""
        return tuple(Quarter(self.year, number) for number in range(1, self.number + 1))

    @property
    def months_label(self) -> str:
        """``"July to September 2023"``."""
        return self.span.label


def month_label(day: date) -> str:
    """``"April 2023"`` for any day or time stamp in it."""
    return Month(day.year, day.month).label


def day_label(day: date) -> str:
    """``"6 December 2023"``."""
    return ledger.period(f"{day.day} {month_label(day)}")

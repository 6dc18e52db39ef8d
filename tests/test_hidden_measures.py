"""Measures with a count so small that none is shown: no page gives one of them away.

The report prints for forced marriage 2 (July to September 2022), 3, 7, 6 and 13; the threshold of
the edition is 5.
"""

from __future__ import annotations

import re
from types import MappingProxyType

import pytest

from bcsp_analysis import editions
from bcsp_analysis.present import about, tables
from bcsp_analysis.start import Start

LEVELS = ("high", "medium", "low")


@pytest.fixture(scope="module")
def page() -> Start:
    return Start(editions.load("2023-24-q2"), MappingProxyType({}))


def rows_about(text: str, name: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith("|") and name in line.casefold()]


def test_the_audit_quotes_no_figure_of_them(page: Start) -> None:
    assert "forced-marriage" in page.hidden
    quoted, told = [], []
    for level in LEVELS:
        plain = tables.findings(page.audit, level, label="tbl-x")
        quoted += rows_about(plain, "forced marriage")
        shown = tables.findings(page.audit, level, page.hidden, page.hidden_names, label="tbl-x")
        told += rows_about(shown, "forced marriage")
        assert len(rows_about(shown, "")) == len(rows_about(plain, ""))
    assert any(re.search(r"\b13\b", row) for row in quoted)  # there is something to hide
    assert len(told) == len(quoted) == 2
    for row in told:
        figures = re.sub(r"20\d\d/\d\d|Q\d", "", row)
        assert not re.search(r"\d", figures), row
        assert row.count("\\[c\\]") == 2


def test_findings_about_others_are_quoted_as_they_were(page: Start) -> None:
    plain = tables.findings(page.audit, "high", label="tbl-x")
    shown = tables.findings(page.audit, "high", page.hidden, page.hidden_names, label="tbl-x")
    for row in rows_about(plain, "robbery"):
        assert row in shown


def test_reasons_that_name_them_are_not_told(page: Start) -> None:
    plain = tables.claims(page.claims, label="tbl-x")
    name = page.claims[0].outcome.reason.split()[0]
    shown = tables.claims(page.claims, (name.casefold(),), label="tbl-x")
    assert "counts so small that they are not quoted" in shown
    assert "counts so small" not in plain


def test_names_are_those_of_the_page_and_of_the_report(page: Start) -> None:
    names = page.hidden_names
    assert names == about.hidden_names(page.hidden, page.catalogue, page.table)
    assert {"forced marriage", "female genital mutilation"} <= set(names)

"""The named errors: what is wrong, where, what was found and expected, what to do next."""

from __future__ import annotations


class BcspError(Exception):
    """Base of every error that a user can put right.

    Parameters
    ----------
    problem : str
        What is wrong, in one plain sentence without a full stop.
    where : str
        File and place, such as ``"data/x.csv, row 7, column q_this"``.
    found, expected : str
        What the input holds and what it should hold.
    hint : str
        The next step for the reader.
    """

    def __init__(
        self,
        problem: str,
        *,
        where: str = "",
        found: str = "",
        expected: str = "",
        hint: str = "",
    ) -> None:
        self.problem = problem
        self.where = where
        self.found = found
        self.expected = expected
        self.hint = hint
        super().__init__(problem)

    def __str__(self) -> str:
        lines = [self.problem]
        for label, text in (
            ("where", self.where),
            ("found", self.found),
            ("expected", self.expected),
            ("next step", self.hint),
        ):
            if text:
                lines.append(f"  {label}: {text}")
        return "\n".join(lines)

    def __reduce__(self) -> tuple[object, ...]:
        # Exceptions with keyword-only arguments do not pickle by default; worker processes need it.
        return (
            _rebuild,
            (type(self), self.problem, self.where, self.found, self.expected, self.hint),
        )


def _rebuild(
    kind: type[BcspError], problem: str, where: str, found: str, expected: str, hint: str
) -> BcspError:
    return kind(problem, where=where, found=found, expected=expected, hint=hint)


class PeriodError(BcspError):
    """A month, quarter or span that cannot be read."""


class DataError(BcspError):
    """Input data that cannot be used as it is."""


class MissingFileError(DataError):
    """A file that something names is not there."""


class HeaderError(DataError):
    """A table whose columns are not the documented ones."""


class EncodingError(DataError):
    """A file that is not UTF-8 text."""


class FigureError(DataError):
    """A cell that should hold a figure and does not, such as ``"3,3O2"``."""


class MissingMonthError(DataError):
    """A monthly series with a gap."""


class DuplicateRowError(DataError):
    """The same key twice."""


class ChecksumError(DataError):
    """A shipped file that is not the one that its record describes."""


class RegisterError(DataError):
    """A register (measures, sources, claims, recording changes) that contradicts itself."""


class UnknownMeasureError(DataError):
    """A measure id that the catalogue does not know."""


class CutOffError(DataError):
    """A table that its service may have cut off at a limit."""


class WorkbookError(DataError):
    """A spreadsheet file that cannot be opened, or lacks the sheets that it should have."""


class ColumnMapError(DataError):
    """A column map that leaves something of its export unexplained."""


class AreaCodeError(DataError):
    """Codes of areas that do not fit the lookup, or a lookup that contradicts itself."""


class BoundaryError(DataError):
    """Boundaries that cannot be drawn: no polygons, other coordinates, codes that are missing."""


class DownloadError(BcspError):
    """A download that did not succeed; what was there before is still there."""


class ContentError(DownloadError):
    """A download whose content is not what was asked for, such as a web page for an archive."""


class ArchiveError(DataError):
    """A compressed file that is damaged, unsafe, or larger than it may be once it is read."""


class TruncatedError(DataError):
    """A file that ends too early."""


class CoordinateError(DataError):
    """A place outside the British Isles, or half a pair of coordinates."""


class CategoryError(DataError):
    """A category of crime that police.uk does not use."""


class ReleaseError(DataError):
    """Two files of one month and police force, with nothing that tells which is the later."""


class RefusedFilesError(DataError):
    """Files that an ingest refused; lists each with its reason."""


class StoreError(BcspError):
    """A store that cannot be read or written."""


class StoreBusyError(StoreError):
    """A store into which another ingest is writing."""


class EngineError(BcspError):
    """An engine for table expressions that is unknown or not installed."""


class ModelError(BcspError):
    """Data on which a model cannot be fitted, such as too few months."""


class EditionError(BcspError):
    """An edition file that cannot be used."""


class ParameterError(EditionError):
    """A notebook parameter that is unknown, missing, or of the wrong kind."""


class NotebookError(BcspError):
    """A notebook that failed while it ran; names the cell."""


class LedgerError(BcspError):
    """Pages that state numbers of unknown origin, or that do not agree with each other."""


class SiteError(BcspError):
    """A site that cannot be rendered."""

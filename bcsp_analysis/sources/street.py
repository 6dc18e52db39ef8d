"""One street-level file as a table of incidents.

Data card
---------
Source : data.police.uk, street-level crime and anti-social behaviour, Open Government Licence v3.0.
Rows : one incident or crime each, of one police force and month; places are anonymised map points.
Layouts : columns in the order of `street_rules.COLUMNS`; the optional ones come and go over the
    years. The present layout has Longitude and Latitude and all others; that of 2010 to 2012 has
    Easting and Northing and no Crime ID, LSOA or outcome.
Blank : Crime ID and outcome of anti-social behaviour, and of all that the British Transport Police
    report; coordinates and LSOA of a row without location; LSOA in Northern Ireland.
Categories : those of `street_rules.CATEGORIES`. "Violent crime" (to April 2013) stays a category of
    its own: it leaves out sexual offences, so it is not the later "Violence and sexual offences".
    The same holds for "Public disorder and weapons".

Whole columns are checked at once; only when something is wrong is the file read row by row, to name
the place (`street_faults`). Location and Context are read past: no result needs them.
"""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

from bcsp_analysis.errors import EncodingError, HeaderError, TruncatedError
from bcsp_analysis.sources import arrow_columns, street_faults
from bcsp_analysis.sources import street_rules as rules
from bcsp_analysis.sources.street_rules import Expected

_TEXT = pa.dictionary(pa.int32(), pa.string())
SCHEMA = pa.schema(
    [
        ("crime_id", pa.string()),
        ("month", _TEXT),
        ("force", _TEXT),
        ("x", pa.float64()),
        ("y", pa.float64()),
        ("lsoa_code", _TEXT),
        ("lsoa_name", _TEXT),
        ("category", _TEXT),
        ("outcome", _TEXT),
    ]
)
"""Columns of `read`. Text is blank where the file is; ``x`` and ``y`` are in the file's own unit
(degrees, or metres in the layout of 2010 to 2012) and null where the file is blank."""

_NAMES = {
    "Crime ID": "crime_id",
    "Month": "month",
    "Reported by": "force",
    "Longitude": "x",
    "Latitude": "y",
    "Easting": "x",
    "Northing": "y",
    "LSOA code": "lsoa_code",
    "LSOA name": "lsoa_name",
    "Crime type": "category",
    "Last outcome category": "outcome",
}
_CODE_OR_BLANK = f"^(?:{rules.AREA_CODE.pattern})?$"
_BLOCK = 1 << 20
_LONGEST_HEADER = 4096
_LINE_END = re.compile(rb"[\r\n]")


def read(content: bytes, where: str, expected: Expected | None = None) -> pa.Table:
    """Read one file.

    Parameters
    ----------
    content : bytes
        The file, uncompressed.
    where : str
        How messages name it.
    expected : Expected
        Month and force of the file's name.

    Returns
    -------
    pyarrow.Table
        Columns of `SCHEMA`, one row for each row of the file, in its order.

    Raises
    ------
    EncodingError
        Not UTF-8 text; names the byte.
    HeaderError
        Another layout.
    TruncatedError
        The file ends in the middle of a row or of a quoted cell, or holds no row.
    PeriodError, CategoryError, CoordinateError, AreaCodeError, DataError
        A row that cannot be right; names row and column.
    """
    wanted = expected or Expected()
    content = check_encoding(content, where)
    header = read_header(content, where)
    if not street_faults.quotes_are_sound(content):
        raise street_faults.find(content, where, header, wanted)
    try:
        raw = _parse(content, header)
    except pa.ArrowInvalid as error:
        raise street_faults.find(content, where, header, wanted, str(error)) from error
    if raw.num_rows == 0:
        raise TruncatedError("a file holds no row", where=where, expected="one row or more")
    table = _declared(raw, header)
    if not _is_right(table, wanted, rules.box_of(header)):
        raise street_faults.find(content, where, header, wanted)
    return _canonical(table)


def check_encoding(content: bytes, where: str) -> bytes:
    """The content without byte order mark, once it is UTF-8 text; EncodingError where it is not."""
    problem = ""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        problem = "UTF-16: it begins with the bytes " + content[:2].hex(" ")
    elif b"\x00" in content:
        problem = f"a zero byte at position {content.index(0)}"
    elif not content.isascii():
        try:
            content.decode("utf-8")
        except UnicodeDecodeError as error:
            line = content.count(b"\n", 0, error.start) + 1
            problem = f"byte {content[error.start]:#04x} at position {error.start}, line {line}"
    if problem:
        raise EncodingError(
            "a file is not UTF-8 text",
            where=where,
            found=problem,
            expected="UTF-8, as data.police.uk publishes it",
            hint="take the file as it was downloaded, before another program saved it",
        )
    return content.removeprefix(codecs.BOM_UTF8)


def read_header(content: bytes, where: str) -> tuple[str, ...]:
    """Columns of the file, once they are those of a known layout; HeaderError where not."""
    line = _LINE_END.split(content[:_LONGEST_HEADER], maxsplit=1)[0].decode("utf-8", "replace")
    header = tuple(next(csv.reader([line]), []))
    if rules.is_layout(header):
        return header
    missing = sorted(rules.ALWAYS - set(header))
    unknown = [name[:40] for name in header if name not in rules.COLUMNS][:12]
    found = [
        f"{label}: {', '.join(map(repr, names))}"
        for label, names in (("missing", missing), ("unknown", unknown))
        if names
    ]
    present = ",".join(name for name in rules.COLUMNS if name not in ("Easting", "Northing"))
    raise HeaderError(
        "a file has not the columns of a street-level extract",
        where=f"{where}, row 1",
        found="; ".join(found) or line[:200],
        expected=f"{present}; or an older layout, with Easting and Northing",
        hint="take the file as it was downloaded; outcomes and stop-and-search files have other "
        "columns and are not counted",
    )


def _parse(content: bytes, header: Sequence[str]) -> pa.Table:
    try:
        return _parse_in_blocks(content, header, _BLOCK)
    except pa.ArrowInvalid:
        # Either a file that cannot be read, or a row longer than a block.
        return _parse_in_blocks(content, header, max(_BLOCK, len(content)))


def _parse_in_blocks(content: bytes, header: Sequence[str], size: int) -> pa.Table:
    kept = [name for name in header if name in _NAMES]
    quoted = b'"' in content
    return pacsv.read_csv(
        pa.BufferReader(content),
        # Blocks that stay in the processor's cache; threads read other files.
        read_options=pacsv.ReadOptions(use_threads=False, block_size=size),
        # Most files have no quote; then every comma and line end separates, which is quicker.
        parse_options=pacsv.ParseOptions(
            quote_char='"' if quoted else False, newlines_in_values=quoted
        ),
        convert_options=pacsv.ConvertOptions(
            column_types={name: SCHEMA.field(_NAMES[name]).type for name in kept},
            include_columns=kept,
            null_values=[""],
            strings_can_be_null=False,
            check_utf8=False,  # done, for the whole file
        ),
    )


def _declared(raw: pa.Table, header: Sequence[str]) -> pa.Table:
    """The columns of `SCHEMA`, in one chunk each; those that the layout lacks are blank."""
    whole = raw if raw.column(0).num_chunks == 1 else raw.unify_dictionaries().combine_chunks()
    given = {_NAMES[name]: whole.column(name).chunk(0) for name in header if name in _NAMES}
    columns = [
        given[field.name] if field.name in given else _blank(field.type, raw.num_rows)
        for field in SCHEMA
    ]
    return pa.table(columns, schema=SCHEMA)


def _blank(kind: pa.DataType, rows: int) -> pa.Array:
    if pa.types.is_dictionary(kind):
        return arrow_columns.coded(np.zeros(rows, np.int32), [""])
    return pa.repeat(arrow_columns.texts([""])[0], rows)


def only_chunk(table: pa.Table, column: str) -> pa.Array:
    """A column of a table of `read`, which has one chunk."""
    return table.column(column).chunk(0)


def texts(table: pa.Table, column: str) -> list[str]:
    """The different texts of a column, in order of appearance."""
    return only_chunk(table, column).dictionary.to_pylist()


def _is_right(table: pa.Table, expected: Expected, box: rules.Box) -> bool:
    forces = texts(table, "force")
    return (
        all(rules.is_month(text, expected.month) for text in texts(table, "month"))
        and all(rules.is_force(text, expected.force) for text in forces)
        and (len(forces) == 1 or not expected.force)
        and all(rules.category(text) for text in texts(table, "category"))
        and _codes_are_right(table)
        and not _names_without_code(table)
        and _places_are_right(table, box)
    )


def _codes_are_right(table: pa.Table) -> bool:
    codes = only_chunk(table, "lsoa_code").dictionary
    return bool(pc.all(pc.match_substring_regex(codes, _CODE_OR_BLANK)).as_py())


def _names_without_code(table: pa.Table) -> bool:
    names = only_chunk(table, "lsoa_name")
    without = np.unique(arrow_columns.codes(names)[is_text(table, "lsoa_code", "")])
    return any(not rules.is_area("", names.dictionary[int(code)].as_py()) for code in without)


def is_text(table: pa.Table, column: str, text: str) -> np.ndarray:
    """For each row, whether a column holds just this text, spaces around it apart."""
    array = only_chunk(table, column)
    held = pc.equal(pc.ascii_trim_whitespace(array.dictionary), arrow_columns.texts([text])[0])
    return arrow_columns.flags(held)[arrow_columns.codes(array)]


def _places_are_right(table: pa.Table, box: rules.Box) -> bool:
    x, y, blank_x, blank_y = places(table)
    inside = (box.left <= x) & (x <= box.right) & (box.bottom <= y) & (y <= box.top)
    given = ~(blank_x | blank_y)
    return bool(((given & (inside | ((x == 0) & (y == 0)))) | (blank_x & blank_y)).all())


def places(table: pa.Table) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Coordinates ``x`` and ``y``, 0 where they are blank, and which of each are blank."""
    columns = [only_chunk(table, name) for name in ("x", "y")]
    blank_x, blank_y = map(arrow_columns.nulls, columns)
    x, y = map(arrow_columns.numbers, columns)
    return np.where(blank_x, 0.0, x), np.where(blank_y, 0.0, y), blank_x, blank_y


def _canonical(table: pa.Table) -> pa.Table:
    """Categories as police.uk writes them today; some years capitalise every word."""
    written = texts(table, "category")
    wanted = [rules.category(text) for text in written]
    if wanted == written:
        return table
    codes = {name: code for code, name in enumerate(dict.fromkeys(wanted))}
    mapping = np.array([codes[name] for name in wanted], np.int32)
    old = arrow_columns.codes(only_chunk(table, "category"))
    column = arrow_columns.coded(mapping[old], list(codes))
    return table.set_column(SCHEMA.get_field_index("category"), SCHEMA.field("category"), column)

"""Lookups, denominators, the changes of small areas between 2011 and 2021, and boundaries.

Layouts: Open Geography portal CSV and GeoJSON (LSOA21CD, WD22CD, F_LSOA11CD, CHGIND ...), House of
Commons Library names of MSOAs, census bulk files, data.police.uk neighbourhood boundaries. Codes
are real ones of Birmingham or made up; the shapes are made up.
"""

import json
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bcsp_analysis.errors import (
    AreaCodeError,
    BcspError,
    BoundaryError,
    CutOffError,
    DataError,
    DuplicateRowError,
    FigureError,
    HeaderError,
)
from bcsp_analysis.sources import areas, boundaries, denominators, lsoa_changes

PROPERTY = settings(deadline=None, max_examples=100)
WARDS = [
    "LSOA21CD,LSOA21NM,LSOA21NMW,WD22CD,WD22NM,WD22NMW,LAD22CD,LAD22NM,LAD22NMW,ObjectId",
    "E01008881,Birmingham 067A,,E05011121,Aston,,E08000025,Birmingham,,1",
    "E01008882,Birmingham 066A,,E05011121,Aston,,E08000025,Birmingham,,2",
    "E01008883,Birmingham 078A,,E05011163,Ladywood,,E08000025,Birmingham,,3",
]
PARTNERSHIPS = [
    "WD22CD,WD22NM,local_partnership",
    "E05011121,Aston,North",
    "E05011163,Ladywood,Central",
]


def write(file: Path, lines: list[str]) -> Path:
    file.write_text("\ufeff" + "\n".join([*lines, ""]), encoding="utf-8")
    return file


def test_a_lookup_is_found_by_kind_whatever_its_year(tmp_path):
    lookup = areas.load_lookup(write(tmp_path / "w.csv", WARDS), "lsoa", "ward")
    assert (lookup.year, lookup.to_year) == ("21", "22")
    assert lookup.table.loc["E01008882", "to_name"] == "Aston"
    assert lookup.table.loc["E01008882", "name"] == "Birmingham 066A"
    district = areas.load_lookup(tmp_path / "w.csv", "lsoa", "district")
    assert set(district.table["to_code"]) == {"E08000025"}
    lower = [WARDS[0].lower().replace("lsoa21cd", "F_LSOA21CD"), *WARDS[1:]]
    again = areas.load_lookup(write(tmp_path / "l.csv", lower), "lsoa", "ward")
    assert again.table["to_code"].equals(lookup.table["to_code"])


def test_local_partnerships_are_reached_through_wards(tmp_path):
    wards = areas.load_lookup(write(tmp_path / "w.csv", WARDS), "lsoa", "ward")
    file = write(tmp_path / "p.csv", PARTNERSHIPS)
    partnerships = areas.load_lookup(file, "ward", areas.LOCAL_PARTNERSHIP)
    both = areas.through(wards, partnerships)
    assert dict(both.table["to_code"]) == {
        "E01008881": "North",
        "E01008882": "North",
        "E01008883": "Central",
    }
    short = areas.load_lookup(
        write(tmp_path / "s.csv", PARTNERSHIPS[:2]), "ward", areas.LOCAL_PARTNERSHIP
    )
    with pytest.raises(AreaCodeError, match="without E05011163"):
        areas.through(wards, short)
    other_year = areas.load_lookup(
        write(tmp_path / "y.csv", [PARTNERSHIPS[0].replace("22", "18"), *PARTNERSHIPS[1:]]),
        "ward",
        areas.LOCAL_PARTNERSHIP,
    )
    with pytest.raises(AreaCodeError, match="do not meet"):
        areas.through(wards, other_year)


def test_names_of_the_house_of_commons_library_come_first(tmp_path):
    lines = [
        "msoa21cd,msoa21nm,msoa21nmw,msoa21hclnm,msoa21hclnmw,localauthorityname",
        "E02001895,Birmingham 069,,Small Heath Park,,Birmingham",
    ]
    names = areas.load_names(write(tmp_path / "m.csv", lines), "msoa")
    assert dict(names) == {"E02001895": "Small Heath Park"}
    with pytest.raises(HeaderError, match="without names"):
        areas.load_names(write(tmp_path / "n.csv", ["msoa21cd", "E02001895"]), "msoa")


def test_msoas_are_found_by_the_names_of_their_small_areas(tmp_path):
    lookup = areas.load_lookup(write(tmp_path / "w.csv", WARDS), "lsoa", "ward")
    lines = [
        "msoa21cd,msoa21nm,msoa21nmw,msoa21hclnm",
        "E02001893,Birmingham 067,,Aston Park",
        "E02001892,Birmingham 066,,Lozells East",
        "E02006899,Birmingham 078,,Ladywood",
    ]
    found = areas.msoa_by_name(lookup, write(tmp_path / "m.csv", lines))
    assert found.table.loc["E01008882", "to_code"] == "E02001892"
    assert list(found.table["to_name"]) == ["Aston Park", "Lozells East", "Ladywood"]
    assert (found.year, found.to, found.to_year) == ("21", "msoa", "21")
    with pytest.raises(AreaCodeError, match="without E01008883"):
        areas.msoa_by_name(lookup, write(tmp_path / "s.csv", lines[:3]))
    cut = ["msoa21cd,msoa21hclnm", "E02001893,Aston Park"]
    with pytest.raises(HeaderError, match="names"):
        areas.msoa_by_name(lookup, write(tmp_path / "n.csv", cut))


def test_constituencies_and_several_years(tmp_path):
    lines = [
        "LSOA21CD,LSOA21NM,PCON24CD,PCON24NM,PCON25CD,PCON25NM",
        "E01008881,Birmingham 067A,E14001096,Birmingham Ladywood,E14001096,Birmingham Ladywood",
    ]
    file = write(tmp_path / "c.csv", lines)
    with pytest.raises(HeaderError, match="several years"):
        areas.load_lookup(file, "lsoa", "constituency")
    lookup = areas.load_lookup(file, "lsoa", "constituency", to_year="24")
    assert lookup.to_year == "24"
    with pytest.raises(HeaderError, match="ward"):
        areas.load_lookup(file, "lsoa", "ward")


@pytest.mark.parametrize(
    ("row", "old", "new", "error", "place"),
    [
        (1, "E01008881", "E0100888", AreaCodeError, "row 2, column LSOA21CD"),
        (1, "E01008881", "E02001895", AreaCodeError, "row 2, column LSOA21CD"),
        (1, "E05011121", "", AreaCodeError, "row 2, column WD22CD"),
        (1, "Aston", "Ashton", AreaCodeError, "row 3"),
        (3, "E01008883", "E01008882", DuplicateRowError, "row 4"),
        (2, ",2", "", DataError, "row 3"),
    ],
)
def test_a_lookup_that_contradicts_itself_is_named(tmp_path, row, old, new, error, place):
    lines = [line.replace(old, new, 1) if n == row else line for n, line in enumerate(WARDS)]
    with pytest.raises(error) as caught:
        areas.load_lookup(write(tmp_path / "w.csv", lines), "lsoa", "ward")
    assert caught.value.where.endswith(place)


# A join on codes of another year drops rows without a word; from 99% matched on it may go on.
def test_counts_are_added_up_and_a_poor_match_names_the_codes(tmp_path):
    lookup = areas.load_lookup(write(tmp_path / "w.csv", WARDS), "lsoa", "ward")
    counts = pd.Series({"E01008881": 150, "E01008882": 48, "": 40, "E01099999": 2})
    by_area, unmatched = areas.assign(counts, lookup)
    assert dict(by_area) == {"E05011121": 198.0, "E05011163": 0.0}
    assert dict(unmatched) == {"": 40.0, "E01099999": 2.0}
    assert areas.match_share(counts, lookup.table.index) == pytest.approx(198 / 200)
    with pytest.raises(AreaCodeError, match=r"98\.5% match; most rows: E01099999 \(3\)"):
        areas.assign(counts.replace(2, 3), lookup)
    assert areas.match_share(pd.Series({"": 9}), lookup.table.index) == 1.0


# -- residents and households ----------------------------------------------------------------------


def test_residents_and_households_in_three_layouts(tmp_path):
    census = ["date,geography,geography code,Number of households", "2021,A,E01008881,650"]
    found = denominators.load(write(tmp_path / "c.csv", census), "households")
    assert dict(found) == {"E01008881": 650.0}
    assert found.name == "households"
    own = ["area_code,area_name,residents,households", "E01008881,A,1600,650"]
    file = write(tmp_path / "o.csv", own)
    assert dict(denominators.load(file, "residents")) == {"E01008881": 1600.0}
    assert dict(denominators.load(file, "households")) == {"E01008881": 650.0}
    nomis = [
        "DATE_NAME,GEOGRAPHY_NAME,GEOGRAPHY_CODE,MEASURES_NAME,OBS_VALUE,OBS_STATUS_NAME",
        "2021,A,E01008881,Value,1590,Normal Value",
        "2022,A,E01008881,Value,1600,Normal Value",
    ]
    file = write(tmp_path / "n.csv", nomis)
    assert dict(denominators.load(file, "residents", date="2022")) == {"E01008881": 1600.0}
    with pytest.raises(HeaderError, match="several dates"):
        denominators.load(file, "residents")


def test_a_denominator_that_cannot_be_used_is_named(tmp_path):
    own = ["area_code,residents", "E01008881,1600", "E01008882,0"]
    found = denominators.load(write(tmp_path / "o.csv", own), "residents")
    with pytest.raises(AreaCodeError, match="E01008882, E01008883"):
        denominators.check_covers(found, pd.Index(["E01008881", "E01008882", "E01008883"]), "x")
    for line, error in (
        ("E01008881,-1", FigureError),
        ("E01008881,many", FigureError),
        ("E01008882,5", DuplicateRowError),
    ):
        with pytest.raises(error, match="row"):
            denominators.load(write(tmp_path / "b.csv", [own[0], own[2], line]), "residents")
    with pytest.raises(HeaderError, match="not clear"):
        denominators.load(
            write(tmp_path / "t.csv", ["area_code,a,b", "E01008881,1,2"]), "residents"
        )
    gap = [
        "DATE_NAME,GEOGRAPHY_NAME,GEOGRAPHY_CODE,MEASURES_NAME,OBS_VALUE,OBS_STATUS_NAME",
        "2022,A,E01008881,Value,,Value suppressed",
    ]
    with pytest.raises(AreaCodeError, match="E01008881"):
        denominators.load(write(tmp_path / "g.csv", gap), "residents")


# -- changes of small areas ------------------------------------------------------------------------

CHANGES = [
    "F_LSOA11CD,LSOA11NM,LSOA21CD,LSOA21NM,CHGIND,LAD22CD,LAD22NM,LAD22NMW,ObjectId",
    "E01000001,A,E01000001,A,U,E08000025,Birmingham,,1",
    "E01000002,B,E01033001,B1,S,E08000025,Birmingham,,2",
    "E01000002,B,E01033002,B2,S,E08000025,Birmingham,,3",
    "E01000003,C,E01033003,CD,M,E08000025,Birmingham,,4",
    "E01000004,D,E01033003,CD,M,E08000025,Birmingham,,5",
    "E01000005,E,E01033004,EF1,X,E08000025,Birmingham,,6",
    "E01000006,F,E01033004,EF1,X,E08000025,Birmingham,,7",
    "E01000006,F,E01033005,EF2,X,E08000025,Birmingham,,8",
]


def test_both_years_are_brought_to_areas_that_both_can_be_counted_for(tmp_path):
    changes = lsoa_changes.load(write(tmp_path / "c.csv", CHANGES))
    assert len(changes) == 8
    area = lsoa_changes.comparable(changes)
    assert area["E01000001"] == "E01000001"
    assert area["E01000002"] == area["E01033001"] == area["E01033002"] == "E01033001"
    assert area["E01000003"] == area["E01000004"] == area["E01033003"] == "E01033003"
    chain = {"E01000005", "E01000006", "E01033004", "E01033005"}
    assert set(area[list(chain)]) == {"E01033004"}
    to_2021 = lsoa_changes.to_2021(changes)
    assert dict(to_2021) == {
        "E01000001": "E01000001",
        "E01000003": "E01033003",
        "E01000004": "E01033003",
    }


@pytest.mark.parametrize(
    ("row", "old", "new", "error"),
    [
        (1, ",U,", ",S,", AreaCodeError),
        (1, "A,E01000001", "A,E01033009", AreaCodeError),
        (2, ",S,", ",U,", AreaCodeError),
        (4, ",M,", ",S,", AreaCodeError),
        (4, ",M,", ",Q,", DataError),
        (4, "E01033003", "E02033003", AreaCodeError),
        (3, "E01033002", "E01033001", DuplicateRowError),
    ],
)
def test_a_change_that_its_pairs_contradict_is_named(tmp_path, row, old, new, error):
    lines = [line.replace(old, new, 1) if n == row else line for n, line in enumerate(CHANGES)]
    with pytest.raises(error, match="row"):
        lsoa_changes.load(write(tmp_path / "c.csv", lines))


def test_a_change_file_that_is_cut_off_is_refused(tmp_path):
    with pytest.raises(AreaCodeError, match="cut off"):
        lsoa_changes.load(write(tmp_path / "c.csv", CHANGES[:3]))


@PROPERTY
@given(st.lists(st.tuples(st.integers(1, 12), st.integers(1, 12)), min_size=1, unique=True))
def test_counts_of_either_year_add_up_the_same_in_comparable_areas(pairs):
    changes = pd.DataFrame(
        [(f"E010000{a:02d}", f"E010330{b:02d}", "X") for a, b in pairs],
        columns=["lsoa11", "lsoa21", "change"],
    )
    area = lsoa_changes.comparable(changes)
    # every pair lies inside one area, and no area holds two that no chain of pairs joins
    assert (area[changes["lsoa11"]].to_numpy() == area[changes["lsoa21"]].to_numpy()).all()
    for name in set(area):
        inside = set(area.index[area == name])
        joined, before = {name}, set()
        while joined != before:
            before = set(joined)
            for a, b in changes[["lsoa11", "lsoa21"]].itertuples(index=False):
                if {a, b} & joined:
                    joined |= {a, b}
        assert joined == inside


# -- boundaries ------------------------------------------------------------------------------------


def square(code: str, west: float = -1.9, south: float = 52.4, kind: str = "Polygon") -> dict:
    ring = [[west, south], [west + 0.1, south], [west + 0.1, south + 0.1], [west, south]]
    return {
        "type": "Feature",
        "properties": {"FID": 1, "LSOA21CD": code, "LSOA21NM": f"Area {code[-2:]}", "LAT": 52.4},
        "geometry": {"type": kind, "coordinates": [ring] if kind == "Polygon" else [[ring]]},
    }


def collection(*features: dict, **more: object) -> dict:
    return {"type": "FeatureCollection", "features": list(features), **more}


def geojson(file: Path, content: object) -> Path:
    file.write_text(json.dumps(content), encoding="utf-8")
    return file


def test_boundaries_are_read_with_code_and_name(tmp_path):
    content = collection(square("E01008881"), square("E01008882", -1.8, kind="MultiPolygon"))
    found = boundaries.load(geojson(tmp_path / "b.geojson", content))
    assert found.codes == ("E01008881", "E01008882")
    assert found.areas[1].name == "Area 82"
    assert found.bounds == pytest.approx((-1.9, 52.4, -1.7, 52.5))
    assert len(found.areas[0].polygons[0][0]) == 4
    boundaries.check_covers(found, ["E01008881"])
    with pytest.raises(BoundaryError, match="without E01008883"):
        boundaries.check_covers(found, ["E01008881", "E01008883"])


def changed(path: tuple, value: object) -> dict:
    content = collection(square("E01008881"))
    inner = content
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return content


RING = ("features", 0, "geometry", "coordinates", 0)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ([], "a FeatureCollection"),
        (changed(("type",), "Feature"), "FeatureCollection"),
        (collection(), "an empty reply is no boundary"),
        (changed(("features", 0, "geometry", "type"), "Point"), "MultiPolygon"),
        (changed(("features", 0, "geometry"), None), "MultiPolygon"),
        (changed(("features", 0, "properties"), {"name": "x"}), "property of codes"),
        (changed(("features", 0, "properties", "LSOA21CD"), None), "the code of the area"),
        (changed((*RING, 3), [-1.0, 52.0]), "ends where it begins"),
        (changed(RING, [[-1.9, 52.4], [-1.9, 52.4]]), "4 points or more"),
        (changed((*RING, 1), [-1.8]), "a point"),
        (changed((*RING, 1), ["-1.8", "52.4"]), "a point"),
        (changed((*RING, 1), [52.4, -1.8]), "wrong way round"),
        (changed((*RING, 1), [406000, 286000]), "outSR=4326"),
        (changed((*RING, 1), [-74.0, 40.7]), "outside the United Kingdom"),
        (collection(square("E01008881"), crs={"properties": {"name": "EPSG:27700"}}), "WGS 84"),
    ],
)
def test_boundaries_that_cannot_be_drawn_are_named(tmp_path, content, expected):
    with pytest.raises(BoundaryError, match=expected):
        boundaries.load(geojson(tmp_path / "b.geojson", content))


def test_other_faults_of_boundaries(tmp_path):
    file = tmp_path / "b.geojson"
    with pytest.raises(DuplicateRowError, match="feature 2"):
        boundaries.load(geojson(file, collection(square("E01008881"), square("E01008881"))))
    cut = collection(square("E01008881"), properties={"exceededTransferLimit": True})
    with pytest.raises(CutOffError, match="1 features"):
        boundaries.load(geojson(file, cut))
    named = {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}
    assert boundaries.load(geojson(file, collection(square("E01008881"), crs=named))).codes
    text = json.dumps(collection(square("E01008881"))).replace("52.4", "NaN", 1)
    file.write_text(text, encoding="utf-8")
    with pytest.raises(BoundaryError, match="JSON"):
        boundaries.load(file)
    file.write_text("[" * 100_000, encoding="utf-8")
    with pytest.raises(BoundaryError, match="JSON"):
        boundaries.load(file)


# Layout of data.police.uk: {force}/{neighbourhood}/boundary gives points as texts, latitude first.
def test_a_police_neighbourhood_becomes_a_feature(tmp_path):
    points = [
        {"latitude": str(lat), "longitude": str(lon)}
        for lon, lat in ((-1.9, 52.4), (-1.8, 52.4), (-1.8, 52.5))
    ]
    feature = boundaries.police_neighbourhood("BE-A", "Aston", points, "x")
    found = boundaries.load(geojson(tmp_path / "n.geojson", collection(feature)))
    assert (found.areas[0].name, found.codes) == ("Aston", ("BE-A",))
    assert found.areas[0].polygons[0][0][0] == found.areas[0].polygons[0][0][-1]
    for bad in ([], [{"latitude": "52.4"}], [{"latitude": "x", "longitude": "1"}] * 4, None):
        with pytest.raises(BoundaryError):
            boundaries.police_neighbourhood("BE-A", "Aston", bad, "x")


def result_or_error(read, *arguments):
    try:
        return read(*arguments)
    except BcspError as error:
        return error


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("areas")


@PROPERTY
@given(start=st.integers(0, 700), length=st.integers(0, 60), inserted=st.binary(max_size=8))
def test_damaged_boundaries_are_refused_by_name_or_valid(scratch, start, length, inserted):
    content = collection(square("E01008881"), square("E01008882", -1.8))
    file = geojson(scratch / "b.geojson", content)
    good = file.read_bytes()
    file.write_bytes(good[:start] + inserted + good[start + length :])
    found = result_or_error(boundaries.load, file)
    if isinstance(found, BcspError):
        assert "b.geojson" in found.where
        return
    other = json.loads(file.read_bytes())
    assert [area.code for area in found.areas] == [
        str(feature["properties"]["LSOA21CD"]).strip() for feature in other["features"]
    ]


@PROPERTY
@given(
    row=st.integers(1, 3),
    column=st.sampled_from([0, 1, 3, 4]),
    cell=st.text(alphabet="EW0158 12Aston,=", max_size=10),
)
def test_a_mutated_lookup_is_read_rightly_or_refused_by_name(scratch, row, column, cell):
    parts = WARDS[row].split(",")
    parts[column] = f'"{cell}"'
    file = write(scratch / "w.csv", [*WARDS[:row], ",".join(parts), *WARDS[row + 1 :]])
    lookup = result_or_error(areas.load_lookup, file, "lsoa", "ward")
    if isinstance(lookup, BcspError):
        assert "w.csv" in lookup.where
        return
    code = cell.strip() if column == 0 else WARDS[row].split(",")[0]
    names = ["code", "name", None, "to_code", "to_name"]
    if column:
        assert lookup.table.loc[code, names[column]] == cell.strip()
    assert len(lookup.table) == 3

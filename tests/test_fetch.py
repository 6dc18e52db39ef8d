"""`bcsp fetch` from a local server that has the publishers' paths and layouts.

Layouts: data.police.uk archives and API, the ONS generator, Nomis, the page of the Home Office's
tables, ArcGIS feature services (Open Geography portal), census bulk archives. Figures are made up.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import small_project
import small_server
import spreadsheets
from hypothesis import given, settings
from hypothesis import strategies as st
from small_server import Asked, Reply

from bcsp_analysis import cli, project
from bcsp_analysis.errors import ContentError, PeriodError
from bcsp_analysis.periods import Month, Span
from bcsp_analysis.present import provenance
from bcsp_analysis.sources import (
    areas,
    boundaries,
    connection,
    denominators,
    download,
    downloadable,
    fetch_areas,
    fetch_police,
    homeoffice,
    lsoa_changes,
    nomis,
    prices,
)

HEADER = (
    "Crime ID,Month,Reported by,Falls within,Longitude,Latitude,Location,LSOA code,LSOA name,"
    "Crime type,Last outcome category,Context"
)


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    made = small_project.make(tmp_path)
    shipped = Path(small_project.ROOT)
    register = (shipped / "data/downloads.toml").read_text("utf-8")
    # at the services' own pace the tests would only wait
    quick = re.sub(r"per_second = [0-9.]+", "per_second = 1000.0", register)
    (made / "data/downloads.toml").write_text(quick, encoding="utf-8")
    (made / "data/prices").mkdir(exist_ok=True)
    prices_file = "data/prices/prices_monthly.csv"
    (made / prices_file).write_bytes((shipped / prices_file).read_bytes())
    monkeypatch.setenv("BCSP_PROJECT", str(made))
    monkeypatch.chdir(made)
    return made


@pytest.fixture
def server(monkeypatch):
    with small_server.serving() as started:
        monkeypatch.setenv("BCSP_MIRROR", started.address)
        yield started


@pytest.fixture
def bcsp(capsys):
    def run(*arguments: str) -> Any:
        status = 0
        try:
            cli.main(list(arguments))
        except SystemExit as ended:
            status = int(ended.code or 0)
        shown = capsys.readouterr()
        return status, shown.out, shown.err

    return run


# -- police ----------------------------------------------------------------------------------------


def archive(last: Month, forces: tuple[str, ...] = ("west-midlands", "btp"), skip=()) -> bytes:
    """An archive as data.police.uk makes it: 36 months, a folder each, a file a force."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for back in range(fetch_police.MONTHS_HELD):
            month = last + -back
            for force in forces:
                if month in skip or month < fetch_police.FIRST_MONTH:
                    continue
                row = f",{month},F,F,,,No Location,,,Anti-social behaviour,,"
                name = f"{month}/{month}-{force}"
                packed.writestr(f"{name}-street.csv", f"{HEADER}\n{row}\n")
                packed.writestr(f"{name}-outcomes.csv", "Crime ID\n")
    return out.getvalue()


def serve_police(
    server: small_server.SmallServer, *archives: Month, latest: str = "2026-07"
) -> None:
    dates = [{"date": latest, "stop-and-search": []}, {"date": "2023-08", "stop-and-search": []}]
    server.on("/api/crimes-street-dates", Reply(body=json.dumps(dates).encode()))
    for last in archives:
        server.on(f"/data/archive/{last}.zip", small_server.file(archive(last)))


def test_the_archives_that_hold_the_months_are_fetched(server, root, bcsp):
    serve_police(server, Month(2023, 7), Month(2020, 7))
    months = ("--from", "2020-06", "--to", "2023-07")
    status, out, err = bcsp("fetch", "police", "--force", "west-midlands", *months)
    assert (status, err) == (0, "")
    folder = root / "data" / "downloads"
    assert sorted(file.name for file in folder.glob("*.zip")) == ["2020-07.zip", "2023-07.zip"]
    assert out.splitlines()[-1] == "next: bcsp ingest data/downloads"
    assert "fetched: data/downloads/2023-07.zip" in out
    asked = len(server.asked)
    status, out, _ = bcsp("fetch", "police", "--force", "west-midlands", *months)
    assert status == 0
    assert "was there: data/downloads/2020-07.zip" in out
    assert len(server.asked) == asked + 1  # only which months there are


def test_months_that_no_archive_has_are_named_and_not_zero(server, root, bcsp):
    serve_police(server)
    holed = archive(Month(2023, 7), skip=(Month(2022, 3),))
    server.on("/data/archive/2023-07.zip", small_server.file(holed))
    months = ("--from", "2022-01", "--to", "2023-07")
    status, _, err = bcsp("fetch", "police", "--force", "west-midlands", *months)
    assert status == 0
    assert err == "warning: no archive has west-midlands in 2022-03; not zero, missing\n"


def test_a_force_or_month_that_is_not_there_is_named(server, root, bcsp):
    serve_police(server, Month(2023, 7))
    months = ("--from", "2023-01", "--to", "2023-07")
    status, _, err = bcsp("fetch", "police", "--force", "west-midland", *months)
    assert status == 1
    assert "expected: west-midlands" in err
    for first, last in (("2010-11", "2023-07"), ("2023-01", "2026-08")):
        status, _, err = bcsp(
            "fetch", "police", "--force", "west-midlands", "--from", first, "--to", last
        )
        assert status == 1
        assert "months from 2010-12 to 2026-07" in err
    status, _, err = bcsp("fetch", "police", "--force", "../x", *months)
    assert (status, "not the name of a police force" in err) == (1, True)
    status, _, err = bcsp("fetch", "police", "--force", "x", "--from", "2023", "--to", "2024-01")
    assert (status, "not a month" in err) == (1, True)


# An empty list of the service is no answer to which months there are.
def test_an_empty_list_of_months_is_refused(server, root, bcsp):
    server.on("/api/crimes-street-dates", Reply(body=b"[]"))
    months = ("--from", "2023-01", "--to", "2023-07")
    status, _, err = bcsp("fetch", "police", "--force", "west-midlands", *months)
    assert status == 1
    assert "an empty reply is not zero incidents" in err
    server.on("/api/crimes-street-dates", Reply(body=b'[{"date": "July"}]'))
    status, _, err = bcsp("fetch", "police", "--force", "west-midlands", *months)
    assert (status, "months such as" in err) == (1, True)


def test_a_web_page_for_an_archive_leaves_nothing(server, root, bcsp):
    serve_police(server)
    server.on("/data/archive/2023-07.zip", Reply(body=b"<!doctype html><p>Down for maintenance"))
    months = ("--from", "2023-01", "--to", "2023-07")
    status, _, err = bcsp("fetch", "police", "--force", "west-midlands", *months)
    assert status == 1
    assert "a web page came instead of data" in err
    assert list((root / "data" / "downloads").iterdir()) == []


def test_a_damaged_archive_that_is_there_holds_nothing(server, root, bcsp):
    serve_police(server, Month(2023, 7))
    folder = root / "data" / "downloads"
    folder.mkdir(parents=True)
    (folder / "2023-07.zip").write_bytes(b"PK\x03\x04 half")
    months = ("--from", "2023-01", "--to", "2023-07")
    status, out, _ = bcsp("fetch", "police", "--force", "west-midlands", *months)
    assert status == 0
    assert "fetched: data/downloads/2023-07.zip" in out


@given(
    first=st.integers(0, 190),
    length=st.integers(0, 150),
)
@settings(deadline=None)
def test_the_plan_covers_every_month_with_few_archives(first, length):
    months = [fetch_police.FIRST_MONTH + first + i for i in range(length + 1)]
    plan = fetch_police.plan(months)
    for month in months:
        assert any(
            last + -35 <= month <= last or (last == fetch_police.FIRST_ARCHIVE and month <= last)
            for last in plan
        )
    assert len(plan) <= -(-len(months) // 36) + (months[0] < fetch_police.FIRST_ARCHIVE)
    assert all(last >= fetch_police.FIRST_ARCHIVE for last in plan)


def test_a_span_is_checked_against_what_is_published(server, root, tmp_path):
    serve_police(server, Month(2023, 7))
    settings_ = connection.Settings(mirror=server.address)
    with download.connected(settings_) as connected, pytest.raises(PeriodError, match="2026-07"):
        fetch_police.archives(
            connected,
            downloadable.load(),
            "west-midlands",
            Span(Month(2026, 1), Month(2026, 9)),
            tmp_path,
        )


def points(west: float) -> bytes:
    ring = ((west, 52.4), (west + 0.1, 52.4), (west + 0.1, 52.5), (west, 52.4))
    return json.dumps([{"latitude": str(b), "longitude": str(a)} for a, b in ring]).encode()


def test_neighbourhoods_become_one_file_of_boundaries(server, root, bcsp):
    listed = [{"id": "BE-A", "name": "Aston & Nechells"}, {"id": "BE01", "name": "Ladywood"}]
    server.on("/api/west-midlands/neighbourhoods", Reply(body=json.dumps(listed).encode()))
    server.on("/api/west-midlands/BE-A/boundary", Reply(body=points(-1.9)))
    server.on(
        "/api/west-midlands/BE01/boundary",
        Reply(429, {"Retry-After": "0"}),
        Reply(body=points(-1.8)),
    )
    status, out, _ = bcsp("fetch", "neighbourhoods", "--force", "west-midlands")
    assert status == 0
    assert out.splitlines()[-1].endswith("2 neighbourhoods")
    file = root / "data" / "downloads" / "areas" / "west-midlands-neighbourhoods.geojson"
    assert [area.name for area in boundaries.load(file).areas] == ["Aston & Nechells", "Ladywood"]
    before = file.read_bytes()
    server.on("/api/west-midlands/BE01/boundary", Reply(body=b"[]"))
    status, _, err = bcsp("fetch", "neighbourhoods", "--force", "west-midlands")
    assert (status, "BE01" in err) == (1, True)
    assert file.read_bytes() == before
    server.on("/api/west-midlands/neighbourhoods", Reply(body=b'[{"id": "../x", "name": "x"}]'))
    status, _, err = bcsp("fetch", "neighbourhoods", "--force", "west-midlands")
    assert (status, "unlikely id" in err) == (1, True)


# -- prices ----------------------------------------------------------------------------------------


def series(cdid: str, column: str, released: str, change: float = 0.0) -> bytes:
    """The shipped column as the ONS generator writes it, one month more, the last one revised."""
    shipped = prices.load_monthly(Path(small_project.ROOT) / "data/prices/prices_monthly.csv")
    kind = "ANNUAL RATE" if column.endswith("pct") else "INDEX"
    lines = [
        f'"Title","CPI {kind} 00: ALL ITEMS 2015=100"', f'"CDID","{cdid}"',
        '"Source dataset ID","MM23"', '"PreUnit",""', '"Unit",""', f'"Release date","{released}"',
        '"Next release","soon"', '"Important notes",', '"2023","1.0"', '"2023 Q1","1.0"',
    ]  # fmt: skip
    values = shipped[column].copy()
    values.iloc[-1] += change
    lines += [f'"{stamp:%Y %b}","{value:.10g}"'.upper() for stamp, value in values.items()]
    lines.append('"2024 APR","1.5"')
    return ("\ufeff" + "\r\n".join(lines) + "\r\n").encode()


def serve_prices(server: small_server.SmallServer, released: str, change: float = 0.0) -> None:
    def answer(asked: Asked) -> Reply:
        uri = parse_qs(urlsplit(asked.path).query)["uri"][0]
        cdid = uri.split("/")[-2].upper()
        column = next(key for key, value in prices.SERIES.items() if value == cdid)
        return Reply(body=series(cdid, column, released, change))

    server.on("/generator", answer)


def test_prices_are_written_beside_the_shipped_table(server, root, bcsp):
    serve_prices(server, "22-05-2024", change=0.1)
    shipped = root / "data" / "prices" / "prices_monthly.csv"
    before = shipped.read_bytes()
    status, out, _ = bcsp("fetch", "prices")
    assert status == 0
    assert shipped.read_bytes() == before
    made = root / "data" / "prices" / "prices_monthly.released-2024-05-22.csv"
    table = prices.load_monthly(made)
    assert f"{table.index[-1]:%Y-%m}" == "2024-04"
    assert "1 new months, 9 revised figures" in out
    assert 'prices = "data/prices/prices_monthly.released-2024-05-22.csv"' in out
    assert (root / "data" / "downloads" / "prices" / "l55o.csv").is_file()
    status, out, _ = bcsp("fetch", "prices")
    assert (status, "the same as before" in out) == (0, True)


def test_a_table_of_one_release_is_not_replaced_silently(server, root, bcsp):
    serve_prices(server, "22-05-2024")
    assert bcsp("fetch", "prices")[0] == 0
    made = root / "data" / "prices" / "prices_monthly.released-2024-05-22.csv"
    edited = made.read_text("utf-8").replace("2024-04,1.5", "2024-04,1.6")
    made.write_text(edited, encoding="utf-8")
    status, _, err = bcsp("fetch", "prices")
    assert (status, "--replace" in err) == (1, True)
    assert made.read_text("utf-8") == edited
    assert bcsp("fetch", "prices", "--replace")[0] == 0
    assert made.read_text("utf-8") != edited


def test_an_earlier_release_is_kept_beside_the_new_one(server, root, bcsp):
    serve_prices(server, "17-04-2024")
    assert bcsp("fetch", "prices")[0] == 0
    serve_prices(server, "22-05-2024", change=0.2)
    assert bcsp("fetch", "prices")[0] == 0
    kept = root / "data" / "downloads" / "prices" / "d7bt.released-2024-04-17.csv"
    assert kept.is_file()
    held = sorted(file.name for file in (root / "data" / "prices").glob("*.csv"))
    assert held == [
        "prices_monthly.csv",
        "prices_monthly.released-2024-04-17.csv",
        "prices_monthly.released-2024-05-22.csv",
    ]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", "unlikely size"),
        (b"<!DOCTYPE html><title>Page not found</title>" + b" " * 200, "web page"),
        (series("D7BT", "cpi_index_2015_100", "22-05-2024")[:2000] + b'"2020 J', "not well-formed"),
        (series("D7G7", "cpi_12m_rate_pct", "22-05-2024"), "another series"),
        (series("D7BT", "cpi_index_2015_100", "soon"), "release date"),
    ],
)
def test_a_reply_that_is_not_the_series_changes_nothing(server, root, bcsp, body, expected):
    server.on("/generator", Reply(body=body))
    status, _, err = bcsp("fetch", "prices")
    assert status == 1
    assert expected in err
    assert list((root / "data" / "downloads" / "prices").iterdir()) == []
    assert [file.name for file in (root / "data" / "prices").iterdir()] == ["prices_monthly.csv"]


# -- areas -----------------------------------------------------------------------------------------

LSOAS = [f"E01{number:06d}" for number in range(8881, 8881 + 2503)]
WARDS = ["E05011121", "E05011163"]


def feature_service(rows: list[dict[str, Any]], lie: int = 0, most: int = 1000):
    """An ArcGIS feature service: at most `most` features a page, and says when there are more."""

    def answer(asked: Asked) -> Reply:
        query = {key: values[0] for key, values in parse_qs(urlsplit(asked.path).query).items()}
        shapes = query["f"] == "geojson"
        if query.get("returnCountOnly") == "true":
            count = {"count": len(rows) + lie}
            content: dict[str, Any] = {"properties": count} if shapes else count
            return Reply(body=json.dumps(content).encode())
        begin = int(query.get("resultOffset", 0))
        page = rows[begin : begin + min(most, int(query["resultRecordCount"]))]
        more = begin + len(page) < len(rows)
        content = {"features": page}
        if shapes:
            content["type"] = "FeatureCollection"
            content["properties"] = {"exceededTransferLimit": True} if more else {}
        elif more:
            content["exceededTransferLimit"] = True
        return Reply(body=json.dumps(content).encode())

    return answer


def attributes(*rows: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"attributes": row} for row in rows]


def shape(name: str, code: str, west: float) -> dict[str, Any]:
    ring = [[west, 52.4], [west + 0.1, 52.4], [west + 0.1, 52.5], [west, 52.4]]
    return {
        "type": "Feature",
        "properties": {f"{name}CD": code, f"{name}NM": f"Area {code}"},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }


def service(register: dict[str, downloadable.Downloadable], key: str) -> str:
    return urlsplit(register[key].address).path


def census(table: str, column: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        rows = "".join(f"2021,Area,{code},{1500 + n}\n" for n, code in enumerate(LSOAS))
        header = f"date,geography,geography code,{column}\n"
        packed.writestr(f"{table}-lsoa.csv", header + rows)
        packed.writestr(f"{table}-ctry.csv", header + "2021,England,E92000001,56490048\n")
        packed.writestr("metadata/note.txt", "x")
    return out.getvalue()


def serve_areas(server: small_server.SmallServer) -> dict[str, downloadable.Downloadable]:
    register = downloadable.load()
    ward_rows = [
        {"LSOA21CD": code, "LSOA21NM": f"Birmingham {n:03d}A", "WD22CD": WARDS[n % 2],
         "WD22NM": ["Aston", "Ladywood"][n % 2], "LAD22CD": "E08000025", "LAD22NMW": None}
        for n, code in enumerate(LSOAS)
    ]  # fmt: skip
    seats = [
        {"LSOA21CD": code, "PCON24CD": "E14001096", "PCON24NM": "Birmingham Ladywood"}
        for code in LSOAS
    ]
    changed = [{"F_LSOA11CD": code, "LSOA21CD": code, "CHGIND": "U"} for code in LSOAS]
    names = b"msoa21cd,msoa21nm,msoa21hclnm\nE02001895,Birmingham 069,Small Heath Park\n"
    shapes = [shape("LSOA21", code, -1.9) for code in LSOAS[:1500]]
    wards = [shape("WD22", code, -1.9) for code in WARDS]
    for key, rows in (
        ("lsoa-ward", attributes(*ward_rows)),
        ("lsoa-constituency", attributes(*seats)),
        ("lsoa-changes", attributes(*changed)),
        ("lsoa-boundaries", shapes),
        ("ward-boundaries", wards),
    ):
        server.on(service(register, key), feature_service(rows))
    server.on(service(register, "msoa-names"), Reply(body=names))
    residents = census("census2021-ts001", "Residence type: Total; measures: Value")
    households = census("census2021-ts041", "Number of households")
    server.on(service(register, "lsoa-residents"), small_server.file(residents))
    server.on(service(register, "lsoa-households"), small_server.file(households))
    return register


def test_areas_are_fetched_page_by_page_and_can_be_loaded(server, root, bcsp):
    serve_areas(server)
    status, out, err = bcsp("fetch", "areas")
    assert (status, err) == (0, "")
    folder = root / "data" / "downloads" / "areas"
    wards = areas.load_lookup(folder / "lsoa-ward.csv", "lsoa", "ward")
    assert len(wards.table) == 2503  # three pages
    assert len(areas.load_lookup(folder / "lsoa-constituency.csv", "lsoa", "constituency").table)
    assert len(lsoa_changes.load(folder / "lsoa-changes.csv")) == 2503
    assert len(boundaries.load(folder / "lsoa-boundaries.geojson").areas) == 1500
    assert boundaries.load(folder / "ward-boundaries.geojson").codes == tuple(WARDS)
    assert areas.load_names(folder / "msoa-names.csv", "msoa")["E02001895"] == "Small Heath Park"
    for kind in denominators.KINDS:
        assert denominators.load(folder / f"lsoa-{kind}.csv", kind)[LSOAS[1]] == 1501
    assert "fetched: data/downloads/areas/lsoa-ward.csv, 2,503 rows" in out
    query = parse_qs(urlsplit(server.asked[0].path).query)
    assert query["where"] == ["LAD22CD='E08000025'"]
    (source,) = provenance.used(folder / "lsoa-ward.csv")
    assert source.publisher == "Office for National Statistics, Open Geography portal"
    assert "Open Government Licence v3.0" in source.attribution
    (source,) = provenance.used(folder / "lsoa-boundaries.geojson")
    assert "Contains OS data" in source.attribution
    assert len(provenance.used(folder)) == 8
    # the partnership's own file, and one that somebody changed, have no record
    (folder / "local-partnerships.csv").write_text("WD22CD,local_partnership\n", "utf-8")
    with (folder / "lsoa-ward.csv").open("a", encoding="utf-8") as stream:
        stream.write("\n")
    assert "no record" in provenance.used(folder / "lsoa-ward.csv")[0].publisher
    assert [one.title for one in provenance.used(folder)][-1] == "Figures in data/downloads/areas"


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (feature_service([]), "no features"),
        (feature_service(attributes({"LSOA21CD": LSOAS[0]}), lie=3), "left features out"),
        (Reply(body=b'{"error": {"code": 400, "message": "Invalid URL"}}'), "not what was asked"),
        (Reply(body=b'{"count": 1}'), "features"),
        (Reply(body=b"<html>Service unavailable</html>"), "web page"),
        (feature_service(attributes({"LSOA21CD": LSOAS[0]}, {"WD22CD": WARDS[0]})), "attributes"),
        (feature_service(attributes({"LSOA21CD": "x", "WD22CD": WARDS[0]})), "not a code"),
    ],
)
def test_a_feature_service_that_fails_changes_nothing(server, root, bcsp, answer, expected):
    register = serve_areas(server)
    folder = root / "data" / "downloads" / "areas"
    folder.mkdir(parents=True)
    (folder / "lsoa-ward.csv").write_text("what was there", encoding="utf-8")
    server.on(service(register, "lsoa-ward"), answer)
    status, _, err = bcsp("fetch", "areas")
    assert status == 1
    assert expected in err
    assert [file.name for file in folder.iterdir()] == ["lsoa-ward.csv"]
    assert (folder / "lsoa-ward.csv").read_text("utf-8") == "what was there"


@given(rows=st.integers(1, 60), most=st.integers(1, 20))
@settings(deadline=None, max_examples=15)
def test_every_feature_arrives_once_whatever_the_size_of_a_page(rows, most):
    wanted = downloadable.load(Path(small_project.ROOT) / "data" / "downloads.toml")["lsoa-changes"]
    listed = attributes(*({"LSOA21CD": str(n)} for n in range(rows)))
    with small_server.serving() as started:
        started.on(urlsplit(wanted.address).path, feature_service(listed, most=most))
        clock = connection.Clock(sleep=lambda seconds: None)
        with download.connected(connection.Settings(clock, mirror=started.address)) as connected:
            found = fetch_areas.features(connected, wanted, {})
    assert found == listed


def test_a_name_with_an_apostrophe_stays_a_name(server, root, tmp_path):
    register = serve_areas(server)
    with download.connected(connection.Settings(mirror=server.address)) as connected:
        list(fetch_areas.everything(connected, register, "E07000146", "King's Lynn", tmp_path))
    path = service(register, "lsoa-boundaries")
    asked = next(asked.path for asked in server.asked if asked.path.startswith(path))
    assert parse_qs(urlsplit(asked).query)["where"] == ["LSOA21NM LIKE 'King''s Lynn %'"]


# -- tables ----------------------------------------------------------------------------------------


def test_the_newest_table_of_recorded_crime_is_taken(server, root, bcsp, tmp_path):
    columns = [names[-1] for names in homeoffice.COLUMNS.values()]
    row = ["2025/26", 1, "West Midlands", "Birmingham", "d", "g", "s", "8N", 5]
    file = spreadsheets.write(tmp_path / "t.ods", {"Notes": [["x"]], "2025_26": [columns, row]})
    media = "https://assets.publishing.service.gov.uk/media"
    links = (
        f'<a href="{media}/6a1/prc-csp-mar2021-mar2026-tables-230726.ods">CSP</a>'
        f'<a href="{media}/5b2/prc-csp-mar21-sep25-tables-290126.ods">older</a>'
        f'<a href="{media}/5b3/prc-csp-1112-1415-tables.xlsx">oldest</a>'
        f'<a href="{media}/5b4/prc-pfa-mar2013-onwards-tables-230726.ods">forces</a>'
    )
    page = Reply(body=b"<!DOCTYPE html><html><body>" + links.encode() + b"</body></html>")
    server.on("/government/statistics/police-recorded-crime-open-data-tables", page)
    name = "prc-csp-mar2021-mar2026-tables-230726.ods"
    server.on(f"/media/6a1/{name}", small_server.file(file.read_bytes()))
    status, out, err = bcsp("fetch", "recorded-crime")
    assert (status, err, name in out) == (0, "", True)
    fetched = root / "data" / "downloads" / "recorded-crime" / name
    assert homeoffice.load(fetched).offences["offences"].sum() == 5


@pytest.mark.parametrize(
    "page",
    [
        b"<html>no such table</html>" + b" " * 300,
        b'<a href="https://elsewhere.example/x/prc-csp-mar21.ods">x</a>' + b" " * 300,
        b"see prc-csp-" + b" " * 300,
    ],
)
def test_a_page_without_the_table_is_named(server, root, bcsp, page):
    server.on("/government/statistics/police-recorded-crime-open-data-tables", Reply(body=page))
    status, _, err = bcsp("fetch", "recorded-crime")
    assert status == 1
    assert "prc-csp-" in err


def test_claimants_are_asked_for_by_area(server, root, bcsp):
    header = '"DATE_NAME","GEOGRAPHY_NAME","GEOGRAPHY_CODE","MEASURE_NAME","MEASURES_NAME",'
    header += '"OBS_VALUE","OBS_STATUS_NAME"'
    row = '"July 2023","Birmingham","E08000025","Claimant count","value",62005,"Normal Value"'
    body = f"{header}\n{row}\n".encode()
    server.on("/api/v01/dataset/NM_162_1.data.csv", Reply(body=body))
    status, out, _ = bcsp("fetch", "claimants", "--months", "12")
    assert (status, "provisional" in out) == (0, True)
    assert nomis.load(root / "data/downloads/claimants-E08000025.csv")["value"].iloc[0] == 62005
    query = parse_qs(urlsplit(server.asked[0].path).query)
    assert query["date"] == ["latestMINUS11-latest"]
    assert query["geography"] == ["E08000025"]
    server.on("/api/v01/dataset/NM_162_1.data.csv", Reply(body=header.encode() + b"\n" + b" " * 9))
    status, _, err = bcsp("fetch", "claimants", "--months", "12")
    assert (status, "not zero" in err) == (1, True)
    assert nomis.load(root / "data/downloads/claimants-E08000025.csv")["value"].iloc[0] == 62005


def test_a_terminal_shows_a_bar_and_ctrl_c_says_how_to_go_on(server, root, bcsp, monkeypatch):
    serve_police(server, Month(2023, 7))
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    months = ("--from", "2023-01", "--to", "2023-07")
    status, out, _ = bcsp("fetch", "police", "--force", "west-midlands", *months)
    assert (status, "fetched: data/downloads/2023-07.zip" in out) == (0, True)

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(download, "fetch", interrupted)
    status, out, _ = bcsp("fetch", "claimants")
    assert (status, "goes on where it stopped" in out) == (130, True)


def test_help_names_every_command_and_starts_no_connection(bcsp):
    status, out, _ = bcsp("fetch", "--help")
    assert status == 0
    for name in ("police", "prices", "areas", "neighbourhoods", "recorded-crime", "claimants"):
        assert name in out
    with pytest.raises(ContentError):
        fetch_police.street_files(project.path("pyproject.toml"))

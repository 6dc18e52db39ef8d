"""Integrity of what ships: the transcription, the registers, and how they refer to each other."""

import csv
import re
import tomllib
from pathlib import Path

import pandas as pd
import pytest

from bcsp_analysis import project
from bcsp_analysis.periods import Month, Quarter
from bcsp_analysis.sources import police, prices, registry, report

DATA = project.path("data")
REPORT = DATA / "report" / "2023-24-q2"
SECTIONS = {
    *("2", "3.1", "3.2", "3.3", "4.1", "4.2", "4.3", "4.4", "4.5", "4.6", "4.7", "4.8", "4.9"),
    *("4.10", "5.1.1", "5.1.2", "5.1.3", "5.2.1", "5.3.1"),
}


def read_toml(name: str) -> dict:
    return tomllib.loads((DATA / name).read_text("utf-8"))


def shipped_files() -> list[Path]:
    """Files of data/ without what an analyst has downloaded or loaded on this machine."""
    loaded = {DATA / "downloads", DATA / "store"}
    return [f for f in sorted(DATA.rglob("*")) if f.is_file() and not loaded & set(f.parents)]


def read_csv(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


MEASURES = {measure["id"]: measure for measure in read_toml("measures.toml")["measure"]}


@pytest.fixture(scope="module")
def table() -> report.PrintedTable:
    return report.load_performance(REPORT, Quarter.parse("2023/24 Q2"), MEASURES)


@pytest.fixture(scope="module")
def printed() -> pd.DataFrame:
    parts = [report.load_printed(REPORT / f"{name}.csv") for name in ("activity", "text_figures")]
    return pd.concat(parts, verify_integrity=True)


# Sums of the printed columns, added up with awk from the text of the report.
@pytest.mark.parametrize(
    ("column", "total"),
    [
        ("q_last_year", 95182),
        ("q_this_year", 85197),
        ("q_previous", 88607),
        ("ytd_this_year", 173581),
        ("ytd_last_year", 189172),
        ("difference", -15585),
    ],
)
def test_columns_of_the_quarterly_table_add_up_as_in_the_report(table, column, total):
    assert table.figures[column].sum() == total


def test_quarterly_table_has_the_measures_and_labels_of_the_catalogue_in_printed_order(table):
    assert list(table.text.index) == list(MEASURES)
    labels = [measure["printed"] for measure in MEASURES.values()]
    assert list(table.text["printed_label"]) == labels
    assert len(MEASURES) == 23
    assert table.figures["ytd_this_year"].notna().sum() == 22


# Read off the report by eye, cell by cell, among them those that the audit finds fault with.
@pytest.mark.parametrize(
    ("measure", "column", "text"),
    [
        ("total-recorded-crime", "pct_difference", "-11.3%"),
        ("theft-from-shop", "difference", "+1,271"),
        ("violence-against-the-person", "ytd_this_year", "30,845"),
        ("forced-marriage", "ytd_this_year", "3"),
        ("forced-marriage", "ytd_last_year", "13"),
        ("robbery-personal", "travel", "\u2193"),
        ("robbery-personal", "difference", "-115"),
        ("domestic-abuse", "difference", "-1,873"),
        ("hate-crime", "ytd_this_year", "2,414"),
        ("hate-crime", "iquanta_basis", "Racially / Religiously aggravated offences"),
        ("burglary-residential", "iquanta_basis", "Per 1,000 Households"),
        ("burglary-residential", "group_rate", "2.855"),
        ("theft-from-vehicle", "group_rate", "4.650"),
        ("female-genital-mutilation", "travel", "\u2194"),
        ("asb-incidents", "pct_difference", "+22%"),
        ("asb-incidents", "msg_rank", ""),
        ("deliberate-fires", "q_last_year", "No data available"),
    ],
)
def test_cells_are_as_printed(table, measure, column, text):
    assert table.text.at[measure, column] == text


def test_headings_are_as_printed(table):
    assert table.headings["ytd_this_year"] == "YTD 2023/24 (Apr 23 - Mar 24)"
    assert table.headings["q_previous"] == "Q1 Apr - Jun 2023"
    assert "Most Similar Group = 15 in total" in table.headings["iquanta"]


def test_comparison_columns_cover_the_twelve_months_to_july_2023():
    iquanta = report.load_iquanta(REPORT / "iquanta.toml")
    assert (iquanta.span.first, iquanta.span.last) == (Month(2022, 8), Month(2023, 7))
    assert (iquanta.group_size, iquanta.force_size) == (15, 7)
    assert {"period_end", "group_size", "force_size"} <= set(iquanta.where)


def test_printed_figures_name_section_unit_and_period(printed):
    assert set(printed["section"]) == SECTIONS
    assert not (printed[["item", "printed", "unit", "period"]] == "").any(axis=None)
    assert printed["value"].isna().sum() == 1  # 17/18


# Added up by hand from section 4.10 of the report.
def test_network_rail_categories_are_complete(printed):
    categories = printed[printed.index.str.startswith("network-rail-")]
    parts = categories.drop(index="network-rail-interventions")["value"]
    assert len(parts) == 15
    assert parts.sum() == 868
    assert categories.at["network-rail-interventions", "value"] == 898


def test_neighbourhoods_are_those_of_the_text(printed):
    places = report.load_neighbourhoods(REPORT / "neighbourhoods.csv")
    assert list(places["incidents"]) == [152, 132, 125]
    text = printed.loc[["asb-lozells", "asb-ladywood", "asb-south-yardley"], "value"]
    assert list(text) == list(places["incidents"])


def test_every_operand_of_a_relation_is_a_printed_figure(table, printed):
    relations = report.load_relations(REPORT / "relations.toml")
    cells = {f"{measure}.{column}" for measure in table.figures.index for column in table.figures}
    assert {name for relation in relations for name in relation.names} <= cells | set(printed.index)
    assert len({relation.id for relation in relations}) == len(relations) >= 30
    assert {r.kind for r in relations} >= {"sum", "at_most", "share", "percentage", "equal"}
    columns = {r.settings["column"] for r in relations if "column" in r.settings}
    assert columns <= set(table.text.columns)


def test_every_uncertain_relation_says_why():
    relations = report.load_relations(REPORT / "relations.toml")
    assert all(relation.note for relation in relations if not relation.certain)


def test_monthly_figures_keep_the_checks_of_their_compilation():
    frame = police.load_monthly(DATA / "monthly" / "birmingham.csv")
    asb = police.series(frame, "Anti-social behaviour")
    # Printed total of the charts' source: 40,962; the report's own quarter: 2,493 (sources.toml).
    assert abs(asb.sum() - 40962) <= 6
    assert asb["2022-07":"2022-09"].sum() == 2457
    assert set(frame["crime_type"]) >= {m["history"] for m in MEASURES.values() if m["history"]}
    spans = frame.groupby("crime_type")["month"].agg(["min", "max", "size"])
    assert (spans["min"] == pd.Timestamp("2020-08-01")).all()
    assert (spans["max"] == pd.Timestamp("2023-07-01")).all()
    assert (spans["size"] == 36).all()


@pytest.mark.parametrize(
    ("index", "rate"),
    [("cpi_index_2015_100", "cpi_12m_rate_pct"), ("cpih_index_2015_100", "cpih_12m_rate_pct")],
)
def test_price_rates_follow_from_their_indices(index, rate):
    table = prices.load_monthly(DATA / "prices" / "prices_monthly.csv")
    implied = 100 * (table[index] / table[index].shift(12) - 1)
    # ONS computes rates from unrounded indices: a rounding unit of each may remain.
    assert (implied - table[rate]).abs().max() < 0.17


def test_every_file_is_recorded_with_its_checksum():
    sources = registry.load_sources()
    registry.verify(sources)
    recorded = {shipped.file for source in sources.values() for shipped in source.files}
    root = project.root()
    held = {file.relative_to(root).as_posix() for file in shipped_files()}
    assert held - recorded == {"data/README.md", "data/sources.toml"}
    assert recorded <= held


def test_sources_carry_licence_and_attribution():
    sources = registry.load_sources()
    ogl = "licensed under the Open Government Licence v3.0"
    for source in sources.values():
        assert source.attribution
        assert source.known_gaps
        if source.licence == "Open Government Licence v3.0":
            assert ogl in source.attribution
            assert source.licence_url.startswith("https://www.nationalarchives.gov.uk/")
    assert "not under the Open Government Licence" in sources["bcsp-annual-report-2022-23"].note


def test_wholes_contain_their_parts_without_a_circle():
    for name, measure in MEASURES.items():
        for whole in measure["nested_in"]:
            # What contains the whole contains the part, and nothing contains itself.
            assert set(MEASURES[whole]["nested_in"]) <= set(measure["nested_in"])
            assert name not in MEASURES[whole]["nested_in"]
    assert not MEASURES["asb-incidents"]["nested_in"]  # not notifiable crime


def test_disjoint_parts_lie_in_their_whole_and_not_in_each_other():
    for group in read_toml("measures.toml")["disjoint"]:
        for part in group["parts"]:
            assert group["whole"] in MEASURES[part]["nested_in"]
            assert not set(MEASURES[part]["nested_in"]) & set(group["parts"])


def test_hidden_crimes_and_police_activity_are_not_plainly_better_when_fewer():
    neither = {name for name, measure in MEASURES.items() if measure["fewer_is"] == "neither"}
    assert neither == {
        *("honour-based-abuse", "female-genital-mutilation", "modern-slavery", "forced-marriage"),
        *("domestic-abuse", "hate-crime", "drug-offences", "asb-non-crime-investigations"),
        *("asb-incidents", "theft-from-shop"),
    }


def test_recording_changes_name_measures_and_a_source_with_address():
    changes = {change["id"]: change for change in read_toml("recording_changes.toml")["change"]}
    for change in changes.values():
        assert set(change["affects"]) | set(change["may_affect"]) <= {*MEASURES, "*"}
        assert re.search(r", https://\S+$", change["source"])
    rules = changes["counting-rules-2023-05"]
    assert (rules["month"], rules["status"]) == ("2023-05", "confirmed")
    assert "asb-incidents" in rules["may_affect"]
    assert changes["nec-connect-2021"]["status"] == "unconfirmed"


def test_claims_name_measures_and_places_of_the_report():
    claims = read_toml("report/2023-24-q2/claims.toml")["claim"]
    assert 12 <= len(claims) <= 20
    for claim in claims:
        assert claim["place"].startswith("3.2")
        named = [*claim["arguments"].get("measures", []), claim["arguments"].get("measure")]
        assert set(named) - {None} <= set(MEASURES)


def test_readme_describes_every_file_and_column():
    text = (DATA / "README.md").read_text("utf-8")
    for file in shipped_files():
        if file.name != "README.md" and ".released-" not in file.name:
            assert f"`{file.relative_to(DATA).as_posix()}`" in text
        if file.suffix == ".csv":
            assert [c for c in read_csv(file)[0] if f"`{c}`" not in text] == []


def test_files_have_unix_line_ends_and_no_byte_order_mark():
    for file in shipped_files():
        raw = file.read_bytes()
        assert b"\r" not in raw
        assert raw.endswith(b"\n")
        assert not raw.startswith(b"\xef\xbb\xbf")

"""The catalogue of measures and the register of recording changes."""

from pathlib import Path

import pytest

from bcsp_analysis.errors import MissingFileError, RegisterError, UnknownMeasureError
from bcsp_analysis.measures import catalogue, recording
from bcsp_analysis.measures.recording import Kind
from bcsp_analysis.periods import Month

ROOT = Path(__file__).parents[1]

GOOD = """
[[priority]]
id = "violence-reduction"
title = "Violence reduction"

[[measure]]
id = "knife-crime"
title = "Knife crime"
printed = "Knife Crime"
unit = "crimes"
priority = "violence-reduction"
nested_in = []
fewer_is = "better"
recorded_by = "West Midlands Police"
history = ""
denominator = ""
"""

CHANGE = """
[[change]]
id = "counting-rules"
title = "Counting rules"
month = "2023-05"
status = "confirmed"
kind = "recording"
affects = ["knife-crime"]
may_affect = []
categories = []
direction = "down"
source = "Home Office"
"""


@pytest.fixture
def write(tmp_path):
    def write(text, name="measures.toml"):
        file = tmp_path / name
        file.write_text(text, "utf-8")
        return file

    return write


def test_the_shipped_catalogue_has_the_23_measures_and_the_four_priorities():
    shipped = catalogue.load(ROOT / "data" / "measures.toml")
    assert len(shipped) == 23
    assert list(shipped.priorities) == [
        "violence-reduction",
        "building-safer-neighbourhoods",
        "protecting-people-from-harm",
        "reducing-offending",
    ]
    assert shipped["asb-incidents"].history == "Anti-social behaviour"
    # anti-social behaviour incidents are not recorded crime
    assert "total-recorded-crime" not in shipped["asb-incidents"].nested_in


def test_an_unknown_id_names_the_nearest(write):
    loaded = catalogue.load(write(GOOD))
    with pytest.raises(UnknownMeasureError) as caught:
        loaded["knife-crimes"]
    assert caught.value.expected == "knife-crime"


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ('fewer_is = "better"', 'fewer_is = "worse"', "'worse'"),
        ("nested_in = []", 'nested_in = ["nothing"]', "nothing"),
        ("nested_in = []", 'nested_in = ["knife-crime"]', "knife-crime"),
        ('priority = "violence-reduction"', 'priority = "other"', "other"),
        ('unit = "crimes"', 'units = "crimes"', "missing: unit; unknown: units"),
        ('denominator = ""', 'denominator = "people"', "'people'"),
        ('title = "Knife crime"', 'title = "Knife crime', "line"),
    ],
)
def test_a_faulty_catalogue_is_refused_with_its_place(write, old, new, found):
    with pytest.raises(RegisterError) as caught:
        catalogue.load(write(GOOD.replace(old, new)))
    assert found in caught.value.found
    assert "measures.toml" in caught.value.where


def test_a_measure_twice_is_refused(write):
    with pytest.raises(RegisterError, match="twice"):
        catalogue.load(write(GOOD + GOOD[GOOD.index("[[measure]]") :]))


def test_a_register_that_is_not_there_is_named(tmp_path):
    with pytest.raises(MissingFileError) as caught:
        catalogue.load(tmp_path / "none.toml")
    assert "none.toml" in caught.value.where


def test_the_shipped_register_names_measures_of_the_catalogue():
    changes = recording.load(
        ROOT / "data" / "recording_changes.toml", catalogue.load(ROOT / "data" / "measures.toml")
    )
    assert [c.month for c in changes] == sorted(c.month for c in changes)
    assert all(c.source for c in changes)
    rules = recording.between(
        changes, "violence-against-the-person", Month(2022, 7), Month(2023, 9)
    )
    assert any(c.month == Month(2023, 5) for c in rules)


@pytest.mark.parametrize(
    ("first", "last", "counts"),
    [
        ("2023-04", "2023-05", True),
        ("2022-07", "2023-09", True),
        ("2023-05", "2023-09", False),  # all months are after the change
        ("2022-04", "2023-04", False),  # all months are before it
    ],
)
def test_a_change_counts_only_between_the_compared_months(write, first, last, counts):
    changes = recording.load(write(CHANGE, "changes.toml"))
    found = recording.between(changes, "knife-crime", Month.parse(first), Month.parse(last))
    assert bool(found) is counts
    assert not recording.between(changes, "hate-crime", Month.parse(first), Month.parse(last))


def test_an_unconfirmed_change_is_possible_only(write):
    text = CHANGE.replace('"confirmed"', '"unconfirmed"')
    changes = recording.load(write(text, "changes.toml"))
    span = Month(2023, 4), Month(2023, 6)
    assert not recording.between(changes, "knife-crime", *span)
    assert recording.between(changes, "knife-crime", *span, possible=True) == changes


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"2023-05"', '"May 2023"'),
        ('"confirmed"', '"likely"'),
        ('"down"', '"sideways"'),
        ('source = "Home Office"', ""),
        ('kind = "recording"', ""),
        ('"recording"', '"rumour"'),
        ('source = "Home', 'moves = { knife-crime = "sideways" }\nsource = "Home'),
        ('source = "Home', 'moves = { hate-crime = "up" }\nsource = "Home'),  # is not touched
    ],
)
def test_a_faulty_change_is_refused(write, old, new):
    with pytest.raises(RegisterError):
        recording.load(write(CHANGE.replace(old, new), "changes.toml"))


def test_a_change_can_move_one_measure_otherwise_than_the_others(write):
    text = CHANGE.replace("may_affect = []", 'may_affect = ["asb-incidents"]')
    text = text.replace("source =", 'moves = { asb-incidents = "up" }\nsource =')
    (change,) = recording.load(write(text, "changes.toml"))
    assert change.direction_of("knife-crime") == "down"
    assert change.direction_of("asb-incidents") == "up"


@pytest.fixture(scope="module")
def shipped():
    return {c.id: c for c in recording.load(ROOT / "data" / "recording_changes.toml")}


def test_the_counting_rules_of_2023_move_anti_social_behaviour_the_other_way(shipped):
    """Disturbances that are no longer crimes may appear as ASB (the note of the entry)."""
    rules = shipped["counting-rules-2023-05"]
    assert rules.direction_of("asb-incidents") == "up"
    assert rules.direction_of("violence-against-the-person") == "down"


@pytest.mark.parametrize(
    "measure",
    ["honour-based-abuse", "modern-slavery", "forced-marriage", "female-genital-mutilation"],
)
def test_the_counting_rules_may_touch_marks_on_crimes_without_deciding_a_verdict(shipped, measure):
    span = Month(2022, 4), Month(2023, 9)
    assert not recording.between(shipped.values(), measure, *span)
    (rules,) = recording.between(shipped.values(), measure, *span, possible=True)
    assert rules.id == "counting-rules-2023-05"


def test_the_system_of_the_police_touches_what_the_police_record_and_nothing_else(shipped):
    measures = catalogue.load(ROOT / "data" / "measures.toml")
    police = {m.id for m in measures if m.recorded_by == "West Midlands Police"}
    assert len(police) == 22  # all but the fires of the fire service
    assert set(shipped["nec-connect-2021"].may_affect) == police


def test_every_entry_is_called_what_it_is(shipped):
    """Two inspections of HMICFRS, two new sets of police.uk categories, two faults of charts."""
    kinds = {name: change.kind for name, change in shipped.items()}
    assert {n for n, k in kinds.items() if k is Kind.INSPECTION} == {
        "crime-data-integrity-2017", "crime-data-integrity-2018"
    }  # fmt: skip
    assert {n for n, k in kinds.items() if k is Kind.RELABELLING} == {
        "police-uk-categories-2011", "police-uk-categories-2013"
    }  # fmt: skip
    assert {n for n, k in kinds.items() if k is Kind.FAULT} == {
        "april-2021-discrepancy", "lsoa-2021-codes"
    }  # fmt: skip


def test_a_change_of_an_unknown_measure_is_refused(write):
    with pytest.raises(UnknownMeasureError):
        recording.load(
            write(CHANGE.replace('"knife-crime"', '"knive-crime"'), "changes.toml"),
            catalogue.load(write(GOOD)),
        )

"""Words about numbers, at their edges. A sentence never says more than its result."""

import dataclasses
import json
import math
import re

import pypandoc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bcsp_analysis.measures.audit import AuditResult
from bcsp_analysis.measures.catalogue import Measure
from bcsp_analysis.measures.claims import Assessment, Claim, ClaimVerdict, Outcome
from bcsp_analysis.measures.findings import Finding, Seriousness
from bcsp_analysis.measures.performance import comparisons_of
from bcsp_analysis.measures.recording import Kind, RecordingChange
from bcsp_analysis.models import change
from bcsp_analysis.models.change import Verdict
from bcsp_analysis.periods import Month, Quarter
from bcsp_analysis.present import text
from bcsp_analysis.present.text import numbers
from bcsp_analysis.present.text.change import listed, tell
from bcsp_analysis.present.text.checks import printed_parts
from bcsp_analysis.sources.registry import Source

# Words that claim a direction. Only a clear verdict may use them.
DIRECTION = re.compile(
    r"\b(ris\w*|rose|increas\w*|grew|grow\w*|climb\w*|fall\w*|fell|drop\w*|declin\w*|decreas\w*|"
    r"reduc\w*|higher|lower|worse|better|improv\w*|up|down)\b",
    re.IGNORECASE,
)
COMPARISON = comparisons_of(Quarter.parse("2023/24 Q2"))["year_to_date"]
RULES_CHANGE = RecordingChange(
    id="rules",
    title="New counting rules",
    month=Month(2023, 5),
    status="confirmed",
    affects=("thing",),
    may_affect=(),
    categories=(),
    direction="down",
    source="a source",
    note="",
    kind=Kind.RECORDING,
)


def measure(**fields):
    known = {
        "id": "thing",
        "title": "Thing (all kinds)",
        "printed": "Thing",
        "unit": "crimes",
        "priority": "",
        "nested_in": (),
        "fewer_is": "better",
        "recorded_by": "the police",
        "history": "",
        "denominator": "",
        "note": "",
    }
    return Measure(**{**known, **fields})


def result(before, after, verdict=None, alike=None, **fields):
    made = change.compare(before, after, 183, 183, **fields)
    verdict = verdict or made.verdict
    return dataclasses.replace(
        made, verdict=verdict, verdict_if_recorded_alike=alike or made.verdict_if_recorded_alike
    )


# --- numbers ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "places", "expected"),
    [
        # half away from zero, by hand
        (0.5, 0, "1"),
        (1.5, 0, "2"),
        (2.5, 0, "3"),
        (-2.5, 0, "−3"),
        (-0.4, 0, "0"),
        (1.005, 2, "1.01"),
        (22.1661, 1, "22.2"),
        (2493, 0, "2,493"),
        (-8461, 0, "−8,461"),
        (1e6, 0, "1,000,000"),
    ],
)
def test_numbers_are_rounded_half_away_from_zero(value, places, expected):
    assert text.number(value, places) == expected


def test_signs_are_true_minus_signs_and_zero_has_none():
    assert [text.signed(v) for v in (1140, -115, 0, -0.2)] == ["+1,140", "−115", "0", "0"]
    assert text.signed_percent(-0.04) == "0.0%"


@pytest.mark.parametrize(
    ("pct", "expected"),
    [
        (None, ""),
        (0, "the same number"),
        (0.04, "less than 0.1% more"),
        (-0.3, "0.3% fewer"),
        (9.94, "9.9% more"),
        (9.96, "10% more"),
        (22.1661, "22% more"),
        (-11.8, "12% fewer"),
        (199.9, "200% more"),
        (200, "3.0 times as many"),
        (1000, "more than ten times as many"),
        (math.inf, "more than ten times as many"),
        (-99.6, "nearly all of them fewer"),
        (-100, "all of them fewer"),
    ],
)
def test_a_change_in_words(pct, expected):
    assert text.more_or_fewer(pct) == expected


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (27, 41, "likely between 27% and 41% more"),
        (-21, -5, "likely between 5% and 21% fewer"),
        (-7.8, 61.8, "likely between 8% fewer and 62% more"),
        (0.2, 12, "likely between less than 1% and 12% more"),
        (-0.2, 12, "likely between less than 1% fewer and 12% more"),
        (12.1, 12.4, "likely about 12% more"),
        (0, 12, "likely between the same number and 12% more"),
        (27, 250, "likely between 27% more and 3.5 times as many"),
        (-97, 1500, "likely between 97% fewer and more than ten times as many"),
        (-100, math.inf, "likely between nearly none and more than ten times as many"),
        (-99.9, -60, "likely between 60% fewer and nearly none"),
    ],
)
def test_an_interval_in_words(low, high, expected):
    assert text.interval(low, high) == expected


@pytest.mark.parametrize(("low", "high"), [(2, 1), (math.nan, 1), (0, math.nan)])
def test_what_is_no_interval_is_refused(low, high):
    with pytest.raises(ValueError, match="no interval"):
        text.interval(low, high)


@given(
    st.floats(-100, 2000, allow_nan=False, allow_subnormal=False),
    st.floats(0, 2000, allow_nan=False, allow_subnormal=False),
)
def test_the_words_of_an_interval_agree_with_its_sign(low, width):
    high = low + width
    words = text.interval(low, high)
    if low > 0:
        assert "fewer" not in words
    if high < 0:
        assert "more" not in words


def test_lists_and_small_numbers():
    assert text.listing([]) == ""
    assert text.listing(["a"]) == "a"
    assert text.listing(["a", "b", "c"]) == "a, b and c"
    assert [text.spelled(n) for n in (0, 1, 9, 10)] == ["none", "one", "nine", "10"]
    assert text.plural(0, "finding") == "no finding"
    assert text.plural(1, "finding") == "one finding"
    assert text.plural(34, "finding") == "34 findings"
    # a value just above a limit of 0.05 must not be shown as the limit
    shown = [text.p_value(p) for p in (0.0004, 0.0074, 0.0517, 0.996, 0.0996)]
    assert shown == ["below 0.001", "0.007", "0.052", "1.00", "0.10"]
    sure = [text.probability(p) for p in (0, 0.002, 0.49, 0.996, 1)]
    assert sure == ["below 1%", "below 1%", "49%", "above 99%", "above 99%"]


@pytest.mark.parametrize(
    ("value", "expected"),
    # an end just off no change must not be shown as no change
    [(0, "0%"), (-0.3, "−0.3%"), (0.04, "+0.04%"), (-0.001, "just below 0%"), (-17.4, "−17%")],
)
def test_an_end_of_a_range_never_hides_its_side(value, expected):
    assert numbers.end_percent(value) == expected


# --- verdicts -----------------------------------------------------------------------------------


def said(made, about=None, **fields):
    told = tell(made, about or measure(), COMPARISON, **fields)
    return listed(told.title, told.points)


@pytest.mark.parametrize(
    ("before", "after"), [(5143, 6283), (6283, 5143), (0, 4), (4, 0), (8, 3), (100, 100), (1, 900)]
)
@pytest.mark.parametrize(
    "verdict", [Verdict.NO_CLEAR_CHANGE, Verdict.TOO_FEW, Verdict.RECORDING_CHANGED]
)
def test_only_a_clear_verdict_claims_a_direction(before, after, verdict):
    made = result(before, after, verdict, Verdict.NO_CLEAR_CHANGE, dispersion=20)
    sentence = said(made, certain=[RULES_CHANGE], possible=[RULES_CHANGE])
    graded = re.sub(r"points? (up|down), short of our bar for one measures together", "", sentence)
    assert not DIRECTION.findall(graded), sentence
    # nothing points anywhere where the range holds both more and fewer
    assert made.low > 1 or made.high < 1 or graded == sentence


def pointing(count, others=21):
    """The result of one measure of many that moved while the others did not."""
    return change.family(
        {str(n): change.compare(1000, n, 183, 183) for n in (count, *range(1000, 1000 + others))},
        materiality_pct=5,
        small_count=10,
    )[str(count)]


@pytest.mark.parametrize(("count", "way"), [(1095, "up"), (905, "down")])
def test_a_result_short_of_the_bar_says_where_it_points_without_a_worth(count, way):
    # by hand: z = |ln(1.095)| / sqrt(1/1000 + 1/1095) = 2.07, ln(0.905) the same way 2.17: off
    # no change alone (1.96), short of 3.04 for 22 measures
    made = pointing(count)
    assert made.verdict is Verdict.NO_CLEAR_CHANGE
    assert text.grade(made) == f"points {way}, short of our bar for 22 measures together"
    sentence = said(made)
    assert f"**Thing: no clear change; it points {way}, short of our bar" in sentence
    assert "for the better" not in sentence
    assert "for the worse" not in sentence
    assert text.grade(pointing(1010)) == ""


def test_a_range_below_what_matters_points_nowhere():
    small = change.compare(90000, 92000, 183, 183, materiality_pct=5)
    assert small.low > 1
    assert text.grade(small) == ""


@pytest.mark.parametrize(
    ("verdict", "before", "after", "fewer_is", "expected", "never"),
    [
        (Verdict.INCREASE, 2493, 3332, "better", "for the worse", "for the better"),
        (Verdict.DECREASE, 3332, 2493, "better", "for the better", "for the worse"),
        (Verdict.INCREASE, 2493, 3332, "neither", "not plainly good or bad", "for the"),
        (Verdict.DECREASE, 3332, 2493, "neither", "not plainly good or bad", "for the"),
    ],
)
def test_better_and_worse_are_kept_apart_from_more_and_fewer(
    verdict, before, after, fewer_is, expected, never
):
    sentence = said(result(before, after, verdict), measure(fewer_is=fewer_is))
    assert f"**Thing: {verdict.value}.**" in sentence
    assert expected in sentence
    assert never not in sentence


def test_a_clear_increase_states_both_counts_and_the_likely_range():
    # by hand: exp(ln(3332/2493) ± 1.96 sqrt(10 (1/2493 + 1/3332))) is 1.1343 to 1.5749
    sentence = said(result(2493, 3332, Verdict.INCREASE, dispersion=10))
    assert "2,493 crimes from April to September 2022, 3,332 from April to September 2023" in (
        sentence
    )
    assert "34% more" in sentence
    assert "likely between 13% and 57% more" in sentence


def test_no_clear_change_leaves_the_question_open():
    sentence = said(result(5143, 6283, Verdict.NO_CLEAR_CHANGE, dispersion=50))
    assert "leave open whether anything changed" in sentence
    assert "fewer and" in sentence  # the range holds both


def test_an_interval_off_zero_that_is_not_clear_says_why():
    judged = change.family(
        {str(n): change.compare(1000, 1000 + n, 183, 183) for n in (95, *range(21))},
        materiality_pct=5,
        small_count=10,
    )["95"]
    assert judged.verdict is Verdict.NO_CLEAR_CHANGE
    assert "22 comparisons made at once, it missed our limit" in said(judged)
    small = change.compare(90000, 92000, 183, 183, materiality_pct=5)
    assert small.verdict is Verdict.NO_CLEAR_CHANGE
    assert "less than 5%, allowing for the number of days in each period" in said(small)


def test_a_recording_change_is_named_with_its_month_and_its_own_effect():
    made = result(34877, 30774, Verdict.RECORDING_CHANGED, Verdict.DECREASE, dispersion=5)
    sentence = said(made, certain=[RULES_CHANGE])
    assert "the counts cannot be compared" in sentence
    assert "May 2023" in sentence
    assert "“New counting rules”" in sentence
    assert "April to June 2023 straddles it" in sentence  # May lies inside that quarter
    assert "if recording had not changed this would count as a clear fall (likely" in sentence
    assert "It did change, in a way that lowers counts by itself, so it is not called one" in (
        sentence
    )
    assert "for the better" not in sentence
    unclear = result(100, 90, Verdict.RECORDING_CHANGED, Verdict.NO_CLEAR_CHANGE)
    assert "smaller by itself" in said(unclear, certain=[RULES_CHANGE])


def test_a_recording_change_against_the_grain_lends_no_weight():
    made = result(30774, 34877, Verdict.RECORDING_CHANGED, Verdict.INCREASE, dispersion=5)
    sentence = said(made, certain=[RULES_CHANGE])
    assert "count as a clear rise" in sentence
    assert "It did change, so it is not called one" in sentence


def test_what_the_report_prints_stands_before_what_its_counts_give():
    made = result(82757, 74296, Verdict.NO_CLEAR_CHANGE, dispersion=50)
    sentence = said(made, printed="-11.3%", not_adding_up=74000.0)
    first, second = r"*The report prints:* \-11.3%.", "*Its own counts give:* 82,757"
    assert sentence.index(first) < sentence.index(second)
    assert "the report prints 74,000, which they do not add up to" in sentence
    assert "On paper" not in sentence


def test_a_borrowed_yardstick_and_doubted_figures_are_told():
    made = result(82757, 74296, Verdict.NO_CLEAR_CHANGE, dispersion=50)
    sentence = said(made, borrowed_from="Anti-social behaviour", doubt=True)
    assert "taken to swing as much as anti-social behaviour" in sentence
    assert "no clear change; its printed figures do not agree with each other" in sentence


def test_a_possible_recording_change_is_never_given_as_certain():
    sentence = said(result(100, 130, Verdict.NO_CLEAR_CHANGE), possible=[RULES_CHANGE])
    assert "may play a part" in sentence
    assert "not established" in sentence


def test_counts_that_may_not_be_shown_are_not_shown():
    made = result(13, 17, Verdict.NO_CLEAR_CHANGE)
    sentence = said(made, hidden=True)
    assert not re.search(r"\d", sentence.replace("2022", "").replace("2023", ""))


def test_from_none_there_is_no_percentage():
    assert "no percentage" in said(result(0, 12, Verdict.NO_CLEAR_CHANGE))
    assert "none from April" in said(result(0, 0, Verdict.TOO_FEW))


def test_the_title_of_a_measure_cannot_bring_markup():
    sentence = said(result(10, 20, Verdict.NO_CLEAR_CHANGE), measure(title="{{< env HOME >}} *x*"))
    assert "{{<" not in sentence
    assert r"\*x\*" in sentence


def test_the_flip_is_told_from_the_right_side():
    clear = change.compare(2493, 3332, 92, 92, dispersion=10)
    unclear = change.compare(2493, 3332, 92, 92, dispersion=60)
    # the interval reaches one at a dispersion of about 31 (z = 10.95, 10.95² / 3.84)
    assert re.search(r"above 31\.\d times", text.flip(clear))
    assert re.search(r"below 31\.\d times would the difference count as clear", text.flip(unclear))
    none = dataclasses.replace(clear, flip_dispersion=None)
    assert "no other swing would change it" in text.flip(none)


def estimated(made, df):
    """The result with a swing that is estimated from few years."""
    return dataclasses.replace(made, dispersion_df=df)


def test_an_estimated_swing_has_two_turning_points():
    # theft from shops as published: turns at 3.7 so estimated, at 23.9 were it known, 14.8 used
    made = dataclasses.replace(
        estimated(result(2948, 4219, Verdict.NO_CLEAR_CHANGE, dispersion=14.8), 3.6),
        verdict_if_recorded_alike=Verdict.NO_CLEAR_CHANGE,
        flip_dispersion=3.7,
        flip_if_known=23.9,
    )
    told = text.flip(made)
    assert told.startswith("The verdict rests on an estimated swing 14.8 times")
    assert "an estimated swing, with as little history behind it, below 3.7 times" in told
    assert "were the swing known for certain, one below 23.9 times would" in told
    assert "the short history behind it leaves the question open" in told
    assert "true swing" not in told
    wide = text.flip(dataclasses.replace(made, dispersion=30.0))
    assert "short history" not in wide  # neither: 30 lies above both
    none = text.flip(dataclasses.replace(made, flip_dispersion=None))
    assert "no estimated swing with as little history behind it would make" in none
    assert "one below 23.9 times would" in none


@pytest.mark.parametrize("alike", [Verdict.NO_CLEAR_CHANGE, Verdict.DECREASE])
def test_where_recording_changed_the_verdict_rests_on_no_swing(alike):
    made = dataclasses.replace(
        estimated(result(34877, 30774, Verdict.RECORDING_CHANGED, dispersion=5.6), 3.2),
        verdict_if_recorded_alike=alike,
        flip_dispersion=3.2,
        flip_if_known=27.5,
    )
    told = text.flip(made)
    assert "The verdict rests on" not in told
    assert "Had recording not changed" in told
    assert ("would make the difference clear" in told) == (alike is Verdict.DECREASE)
    known = text.flip(dataclasses.replace(made, dispersion_df=math.inf))
    assert "The verdict rests on" not in known
    assert "Had recording not changed" in known


def test_a_clear_verdict_turns_above_either_level():
    made = dataclasses.replace(
        estimated(result(2493, 3332, Verdict.INCREASE, dispersion=2), 4),
        verdict_if_recorded_alike=Verdict.INCREASE,
        flip_dispersion=15.6,
        flip_if_known=31.2,
    )
    told = text.flip(made)
    assert "an estimated swing 2.0 times that of pure chance, which makes the difference" in told
    assert "above 15.6 times would not" in told
    assert "one above 31.2 times would not" in told


def test_a_change_that_moves_a_measure_the_other_way_says_so():
    made = result(2493, 3332, Verdict.NO_CLEAR_CHANGE, dispersion=20)
    up = dataclasses.replace(RULES_CHANGE, moves={"thing": "up"})
    assert "if it did, it makes counts larger by itself" in said(made, possible=[up])
    assert "if it did, it makes counts smaller by itself" in said(made, possible=[RULES_CHANGE])
    both = said(made, possible=[up, RULES_CHANGE])
    assert "by itself" not in both  # two that work against each other
    changed = result(2493, 3332, Verdict.RECORDING_CHANGED, Verdict.INCREASE, dispersion=2)
    assert "in a way that raises counts by itself" in said(changed, certain=[up])
    assert "in a way that" not in said(changed, certain=[RULES_CHANGE])


def test_a_category_that_does_not_hold_the_measure_is_not_called_wider():
    made = result(14319, 12210, Verdict.NO_CLEAR_CHANGE, dispersion=5.6)
    sentence = said(made, wider="Violence and sexual offences", another=True)
    assert "another category, violence and sexual offences, which does not hold all" in sentence
    assert "wider" not in sentence


def test_a_swing_that_only_a_cap_keeps_small_is_told():
    made = result(82757, 74296, Verdict.NO_CLEAR_CHANGE, dispersion=37.8)
    capped = said(made, borrowed_from="Anti-social behaviour", capped=3.34)
    assert "Here that cap decides: without it the likely range would be about 3.3 times" in capped
    assert "cap" not in said(made, borrowed_from="Anti-social behaviour")


def test_a_wider_category_is_not_called_the_measures_own():
    made = result(9317, 8693, Verdict.NO_CLEAR_CHANGE, dispersion=5.6)
    sentence = said(made, wider="Violence and sexual offences")
    assert "monthly figures only of the wider category violence and sexual offences" in sentence
    assert "which is an assumption" in sentence
    few = said(result(3, 4, Verdict.TOO_FEW), wider="Violence and sexual offences")
    assert "wider category" not in few


# --- audit and claims ---------------------------------------------------------------------------


def finding(seriousness, rule="arrow"):
    return Finding(
        id="x",
        rule=rule,
        where="Robbery (Personal), arrow",
        measure_id="robbery",
        column="travel",
        printed="↓",
        implied="↑",
        follows_from="two years",
        seriousness=seriousness,
        explanation="The arrow shows a fall.",
    )


def test_a_faultless_table_is_not_called_right():
    sentence = text.audit_summary(AuditResult(Quarter(2023, 2), (), {"arrow": 22}))
    assert "22 checks, no finding" in sentence
    assert "does not prove" in sentence


def test_findings_are_counted_by_seriousness():
    found = (finding(Seriousness.HIGH), finding(Seriousness.LOW), finding(Seriousness.LOW))
    sentence = text.audit_summary(AuditResult(Quarter(2023, 2), found, {"arrow": 22}))
    assert "three findings" in sentence
    assert "1 high" in sentence
    assert "2 low" in sentence
    assert "medium" not in sentence


def test_turned_arrows_are_named_by_row():
    found = (finding(Seriousness.HIGH), finding(Seriousness.LOW, rule="percentage"))
    sentence = text.turned_arrows(AuditResult(Quarter(2023, 2), found, {"arrow": 22}))
    assert sentence.endswith("direction: Robbery (Personal) (printed down ↓, its counts up ↑).")
    assert "in one row" in sentence.lower()
    assert "Every printed arrow" in text.turned_arrows(AuditResult(Quarter(2023, 2), (), {}))


def test_printed_parts_with_a_name_in_common_are_told_apart_from_it():
    parts = dataclasses.replace(
        finding(Seriousness.MEDIUM), follows_from="Stops: begging (147); Stops: other (45)"
    )
    assert printed_parts(parts) == ("Stops", ["begging (147)", "other (45)"])
    mixed = dataclasses.replace(parts, follows_from="Stops: begging (147); Warnings (91)")
    assert printed_parts(mixed) == ("", ["Stops: begging (147)", "Warnings (91)"])
    assert printed_parts(finding(Seriousness.LOW)) == ("", ["two years"])


def test_claims_are_counted_by_verdict():
    claim = Claim("x", "It fell.", "3.2", "direction", {}, "")
    assessed = [
        Assessment(claim, Outcome(verdict, "because"))
        for verdict in (ClaimVerdict.HOLDS, ClaimVerdict.HOLDS, ClaimVerdict.CANNOT_BE_TESTED)
    ]
    assert text.claims_summary(assessed) == (
        "Of three statements in the register, two hold and one cannot be tested with the data at "
        "hand."
    )


# --- sources ------------------------------------------------------------------------------------


def test_a_source_is_printed_with_period_licence_and_gaps():
    source = Source(
        id="x",
        title="Title [x](y)",
        publisher="Publisher",
        licence="OGL",
        attribution="Contains <b>data</b>.",
        landing_page="https://example.org/a>b",
        period="2022",
        file="data/x.csv",
        sha256="",
        known_gaps=("June is low, the city's too.",),
        licence_url="https://example.org/licence",
    )
    shown = text.sources([source])
    for part in ("Period covered: 2022", "[OGL](<https://example.org/licence>)", "the city’s"):
        assert part in shown
    assert shown.index('title="Known gaps of these figures"') < shown.index("June is low")
    assert "<b>" not in shown
    assert "<https://example.org/ab>" in shown
    assert text.source_line([source], computed=True).endswith("(Publisher); own calculation.")


# --- text from data -----------------------------------------------------------------------------

NASTY = [
    "{{< env HOME >}}",
    "{{{< meta x >}}}",
    "::: {.callout-note}",
    ":::",
    "# Heading",
    "- item",
    "1. item",
    "(1) item",
    "(@) item",
    "a) item",
    "[^1]: note",
    "^[note]",
    "@someone2020",
    "[-@fig-x]",
    "<script>alert(1)</script>",
    "<!-- comment -->",
    "`code`{=html}",
    "```{=html}",
    "$x^2$",
    "\\newpage",
    "![x](http://example.org/x.png)",
    "[x](javascript:alert(1))",
    "| a | b |",
    "***",
    "---",
    "==",
    "~~x~~",
    "H~2~O",
    "*emphasis* _here_",
    "&amp; &#123;",
    "a -- b --- c ... 'd' \"e\"",
    "Line\nbreak\r\nand\ttab",
    ": definition",
    "% title",
    "{#id .class}",
    "https://example.org/x",
    "\u202eturned",
    "emoji 😀 and ünïcode",
    "c. 1, e.g. this, pp. 3 and No. 4",
    "",
]
SIGNS = st.text(alphabet="{}<>[]()#*_-+=:;|\\`~^$@!&%.\"'/ \n\t1a1b2cXYZéß", max_size=40)


def shown_by_pandoc(markdown):
    """Text of the one paragraph that pandoc makes of a line, and whether it is only text."""
    blocks = json.loads(pypandoc.convert_text(markdown, "json", format="markdown"))["blocks"]
    if not blocks:
        return "", True
    plain = len(blocks) == 1 and blocks[0]["t"] in ("Para", "Plain")
    shown, only_text = "", plain
    for piece in blocks[0]["c"] if plain else []:
        if piece["t"] == "Str":
            shown += piece["c"]
        elif piece["t"] in ("Space", "SoftBreak"):
            shown += " "
        else:
            only_text = False
    return shown, only_text


@pytest.mark.parametrize("typed", NASTY)
def test_text_from_data_appears_as_it_was_typed(typed):
    escaped = text.escape(typed)
    assert "{{<" not in escaped
    assert shown_by_pandoc(escaped) == (text.plain(typed), True)


@settings(max_examples=60, deadline=None)
@given(SIGNS)
def test_no_text_becomes_markup(typed):
    escaped = text.escape(typed)
    assert "\n" not in escaped
    assert "{{<" not in escaped
    assert not re.search(r":::", escaped)
    assert shown_by_pandoc(escaped) == (text.plain(typed), True)


@given(st.text())
def test_plain_text_is_one_line_that_can_be_written(typed):
    line = text.plain(typed)
    assert line == " ".join(line.split())
    line.encode("utf-8")

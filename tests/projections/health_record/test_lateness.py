"""Facts that came late: when that is said, and when it is a hazard."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from projections.health_record import chart as chart_module
from projections.health_record.chart import Chart
from projections.health_record.entry import Coded, Entry, Named, Origin
from projections.health_record.kinds import Visit
from projections.health_record.lateness import PROMPT, Lateness, lateness_of
from projections.health_record.seen import Seen
from projections.health_record.whereabouts import apart
from tests.projections.health_record.test_chart import allergy, chart, measure, problem, result, visit

RECORDED = "2026-10-05T01:00:00.000Z"


def sent(at: str | None, recorded: str = RECORDED, facility: str | None = "45901", **more: Any) -> Visit:
    """A visit, by whom and when it was recorded."""
    return replace(
        visit(f"e-{at}", at, **more), origin=Origin("Encounter", f"e-{at}", recorded, None, facility)
    )


@pytest.mark.parametrize(
    ("at", "ends", "lateness"),
    [
        ("2026-10-03T23:00:00Z", None, Lateness.AFTERWARDS),
        ("2026-10-04T08:00:00+07:00", None, None),
        ("2026-09-20", "2026-10-04T23:00:00Z", None),
        ("2026-08-20", "2026-10-01T23:00:00Z", Lateness.AFTERWARDS),
        ("2026-10", None, None),
        ("2026-09", None, Lateness.AFTERWARDS),
        ("2026-08", None, Lateness.BROUGHT_IN),
        ("2026-09-05T08:00:00+07:00", None, Lateness.AFTERWARDS),
        ("2026-09-05T07:00:00+07:00", None, Lateness.BROUGHT_IN),
        ("1985", None, Lateness.BROUGHT_IN),
        ("2026-11-01", None, None),
        (None, None, None),
        ("hồi nhỏ", None, None),
    ],
)
def test_it_is_counted_from_the_end_of_what_is_told(
    at: str | None, ends: str | None, lateness: Lateness | None
) -> None:
    assert lateness_of(sent(at, ends=ends), Seen()) is lateness


@pytest.mark.parametrize(
    ("other", "lateness"),
    [
        (sent("2026-10-03T08:00:00Z", "2026-10-03T09:00:00.000Z", "45902"), Lateness.LATE),
        (sent("2026-10-03T08:00:00Z", "2026-10-03T09:00:00.000Z", None), Lateness.AFTERWARDS),
        (sent("2026-10-03T08:00:00Z", "2026-10-03T09:00:00.000Z", "45901"), Lateness.AFTERWARDS),
        (sent("2026-10-03T08:00:00Z", RECORDED, "45902"), Lateness.AFTERWARDS),
        (sent("2026-10-03T08:00:00Z", "2026-10-06T09:00:00.000Z", "45902"), Lateness.AFTERWARDS),
        (sent("2026-09-30T08:00:00Z", "2026-09-30T09:00:00.000Z", "45902"), Lateness.AFTERWARDS),
        (sent("2026-10-08T08:00:00Z", "2026-10-03T09:00:00.000Z", "45902"), Lateness.AFTERWARDS),
        (
            sent("2026-10-03T08:00:00Z", "2026-10-02T09:00:00.000Z", "45902", status="planned"),
            Lateness.AFTERWARDS,
        ),
        (sent(None, "2026-10-03T09:00:00.000Z", "45902"), Lateness.AFTERWARDS),
    ],
    ids=[
        "seen elsewhere",
        "seen by nobody knows whom",
        "seen by the same",
        "recorded with it",
        "recorded after it",
        "seen before",
        "an appointment to come",
        "planned only",
        "nobody knows when",
    ],
)
def test_a_hazard_is_what_another_facility_could_not_know(other: Visit, lateness: Lateness) -> None:
    late = sent("2026-10-01T08:00:00Z")
    assert chart(late, other).lateness(late) is lateness


@pytest.mark.parametrize(
    ("sender", "provider", "other_sender", "other_provider", "lateness"),
    [
        (None, "Bệnh viện A", None, "Bệnh viện B", Lateness.LATE),
        (None, "Bệnh viện A", "45902", None, Lateness.LATE),
        ("45999", "Bệnh viện A", "45999", "Bệnh viện B", Lateness.LATE),
        ("45901", "Bệnh viện A", None, "Bệnh viện A", Lateness.AFTERWARDS),
        ("45901", None, None, "Bệnh viện A", Lateness.AFTERWARDS),
        (None, None, "45902", None, Lateness.AFTERWARDS),
        (None, None, None, "Bệnh viện B", Lateness.AFTERWARDS),
        (None, None, None, None, Lateness.AFTERWARDS),
    ],
)
def test_a_facility_is_another_when_it_is_shown_as_another(
    sender: str | None,
    provider: str | None,
    other_sender: str | None,
    other_provider: str | None,
    lateness: Lateness,
) -> None:
    late = sent("2026-10-01T08:00:00Z", facility=sender, provider=Named(provider))
    other = sent(
        "2026-10-03T08:00:00Z", "2026-10-03T09:00:00.000Z", other_sender, provider=Named(other_provider)
    )
    within = replace(result("o", "2026-10-01T08:30:00Z", measure("5")), encounter=late.origin.id)
    shown = chart(late, other, within, names={"45901": "Bệnh viện A"})
    assert shown.lateness(late) is lateness
    assert shown.lateness(within) is (lateness if provider else Lateness.AFTERWARDS)


def test_history_brought_in_at_once_overtakes_nothing() -> None:
    """Each visit of a life, at alternating facilities, recorded in one go, in order."""
    life = [
        sent(f"2026-09-{day:02d}T08:00:00Z", f"2026-10-05T01:00:00.{day:03d}Z", f"4590{day % 2}")
        for day in range(1, 29)
    ]
    said = [chart(*life).lateness(one) for one in life]
    assert said == [Lateness.BROUGHT_IN] * 4 + [Lateness.AFTERWARDS] * 24


def test_old_history_is_no_hazard_even_when_it_is_overtaken() -> None:
    old, seen = sent("2020-05-01"), sent("2026-10-03T08:00:00Z", "2026-10-03T09:00:00.000Z", "45902")
    assert chart(old, seen).lateness(old) is Lateness.BROUGHT_IN
    assert chart(old, seen).lateness(seen) is None


def test_only_what_is_done_at_one_time_can_be_late() -> None:
    assert lateness_of(problem("c", Coded("Hen"), "2019"), Seen()) is None
    assert lateness_of(allergy("a"), Seen()) is None
    assert lateness_of(result("o", "2026-10-02T08:00:00Z", measure("5")), Seen()) is Lateness.AFTERWARDS


def test_of_what_began_it_is_counted_from_when_it_was_stated() -> None:
    other = sent("2026-10-03T08:00:00Z", "2026-10-03T09:00:00.000Z", "45902")
    begun = replace(problem("c", Coded("Hen"), "2019", recorded="2026-10-01"), origin=own("Condition"))
    stated = replace(allergy("a", recorded="2026-10-01"), origin=own("AllergyIntolerance", "a"))
    within = replace(allergy("w"), origin=own("AllergyIntolerance", "w"), encounter="v")
    visited = replace(sent("2026-09-20", ends="2026-10-01"), origin=own("Encounter", "v"), encounter="v")
    shown = chart(other, begun, stated, within, visited)
    assert [shown.lateness(one) for one in (begun, stated, within)] == [Lateness.LATE] * 3
    prompt = replace(begun, recorded="2026-10-04")
    assert chart(other, prompt).lateness(prompt) is None


def own(type_: str, id_: str = "x") -> Origin:
    return Origin(type_, id_, RECORDED, None, "45901")


_DAYS = st.integers(1, 28).map(lambda day: f"2026-09-{day:02d}T08:00:00.000Z")
_PLACES = st.tuples(st.sampled_from(["1", "2", "3", None]), st.sampled_from([None, "A", "B", "C"]))


@given(st.lists(st.tuples(_DAYS, _DAYS, _PLACES), max_size=12))
def test_it_is_what_going_through_all_visits_would_find(
    stated: list[tuple[str, str, tuple[str | None, str | None]]],
) -> None:
    visits = [
        replace(
            visit(f"v{number}", at, provider=Named(name)),
            origin=Origin("Encounter", f"v{number}", recorded, None, facility),
        )
        for number, (at, recorded, (facility, name)) in enumerate(stated)
    ]
    shown = chart(*visits, names={"1": "A", "2": "A", "3": "B"})
    for one in visits:
        if recorded_after(one, PROMPT):
            overtaken = any(overtakes(shown, other, one) for other in visits)
            assert shown.lateness(one) is (Lateness.LATE if overtaken else Lateness.AFTERWARDS)
        else:
            assert shown.lateness(one) is None


def recorded_after(one: Visit, wait: timedelta) -> bool:
    return datetime.fromisoformat(one.origin.recorded_at) - datetime.fromisoformat(one.at or "") > wait


def overtakes(shown: Chart, other: Visit, one: Visit) -> bool:
    """Of times that are all written in one way."""
    here, there, at, begun = shown.facility(one), shown.facility(other), one.at or "", other.at or ""
    if not here or not there or not apart(here, there):
        return False
    return at < begun < one.origin.recorded_at and other.origin.recorded_at < one.origin.recorded_at


def test_each_entry_is_judged_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def counting(entry: Entry, *more: Any) -> Lateness | None:
        asked.append(entry.origin.reference)
        return lateness_of(entry, *more)

    monkeypatch.setattr(chart_module, "lateness_of", counting)
    life = [sent(f"2026-09-{n:02d}T08:00:00Z", facility=f"f{n}") for n in range(10, 20)]
    shown = chart(*life)
    assert {shown.lateness(one) for one in life * 3} == {Lateness.AFTERWARDS}
    assert asked == [one.origin.reference for one in life]

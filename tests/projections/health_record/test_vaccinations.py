"""A chart's vaccinations against the schedule: what counts, what does not and why, and for whom."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from msgspec.structs import replace

from ehr.vaccines.judging import State
from projections.health_record.chart import Chart, Standing
from projections.health_record.kinds import AnyEntry
from projections.health_record.vaccinations import MOST, Reason, Vaccinations, Withheld, vaccinations_of
from tests.projections.health_record.kinds_reading import read

STANDING = Standing(1, 1, datetime(2026, 10, 5, tzinfo=UTC), None)
ATC, CVX = "http://www.whocc.no/atc", "http://hl7.org/fhir/sid/cvx"
TODAY = date(2026, 10, 5)


def shot(
    id_: str, at: str | None, code: str | None = None, text: str | None = None, **more: Any
) -> dict[str, Any]:
    coding = [{"system": CVX if code[0].isdigit() else ATC, "code": code}] if code else []
    return {
        "resourceType": "Immunization",
        "id": id_,
        "status": "completed",
        "vaccineCode": {"coding": coding, "text": text},
        "occurrenceDateTime": at,
        **more,
    }


def of(*shots: dict[str, Any], on: date = TODAY, **person: Any) -> Vaccinations:
    who = {"resourceType": "Patient", "id": "p", "birthDate": "2025-01-10", **person}
    entries = [entry for resource in (who, *shots) if (entry := entry_of(resource))]
    return vaccinations_of(Chart(entries, {}, STANDING), on)


def entry_of(resource: dict[str, Any]) -> AnyEntry | None:
    entry = read(resource)
    modified = entry is not None and "modifierExtension" in resource
    return replace(entry, origin=replace(entry.origin, modified=True)) if entry and modified else entry


def states(found: Vaccinations, antigen: str) -> list[State]:
    (row,) = (row for row in found.rows if row.antigen == antigen)
    return [cell.state for cell in row.cells.values()]


def ids(found: Vaccinations) -> tuple[list[str], list[tuple[str, Reason]], list[str]]:
    """(others, uncounted, refused)"""
    return (
        [one.origin.id for one in found.others],
        [(one.entry.origin.id, one.reason) for one in found.uncounted],
        [one.origin.id for one in found.refused],
    )


def test_a_combined_vaccine_counts_against_each_of_its_antigens() -> None:
    found = of(shot("a", "2025-03-10", "J07CA11"), shot("b", "2025-04-10", "102"))
    for antigen in ("diphtheria", "pertussis", "tetanus", "hib"):
        assert states(found, antigen)[:2] == [State.GIVEN, State.GIVEN]
    assert states(found, "hepatitis_b")[1:3] == [State.GIVEN, State.GIVEN]
    assert states(found, "polio_oral")[0] is State.MISSED
    assert ids(found) == ([], [], [])


def test_injected_polio_in_a_combined_vaccine_counts_in_place_of_the_oral_one() -> None:
    shots = [shot(str(month), f"2025-0{month}-10", "J07CA09") for month in (3, 4, 5)]
    found = of(*shots)
    assert set(states(found, "polio_oral")) == {State.GIVEN}
    assert set(states(found, "polio_injected")) == {State.GIVEN}
    assert ids(found) == ([], [], [])


def test_the_second_measles_dose() -> None:
    first = shot("first", "2025-10-12", "05")
    assert states(of(first, on=date(2026, 7, 9)), "measles") == [State.GIVEN, State.UPCOMING]
    assert states(of(first, on=date(2026, 7, 10)), "measles") == [State.GIVEN, State.DUE]
    assert states(of(first, on=date(2026, 8, 8)), "measles") == [State.GIVEN, State.OVERDUE]
    second = shot("second", "2026-07-20", text="Sởi - Rubella (MR)")
    found = of(first, second)
    assert states(found, "measles") == [State.GIVEN, State.GIVEN]
    assert states(found, "rubella") == [State.GIVEN]


def test_a_dose_that_two_facilities_tell_is_one() -> None:
    found = of(shot("a", "2025-10-12", "05"), shot("b", "2025-10", text="Sởi đơn", primarySource=False))
    (measles,) = (row for row in found.rows if row.antigen == "measles")
    event = measles.cells[1].event
    assert event
    assert [one.reference for one in event.told] == ["Immunization/a", "Immunization/b"]
    assert found.entries["Immunization/b"].reported
    assert ids(found) == ([], [], [])


@pytest.mark.parametrize(
    ("shot_", "reason"),
    [
        (shot("x", "2025-10-12", text="Vắc xin lạ"), Reason.UNKNOWN),
        (shot("x", "2025-10-12", "9999"), Reason.UNKNOWN),
        (shot("x", None, "05"), Reason.UNDATED),
        (shot("x", None, "05", occurrenceString="lúc nhỏ"), Reason.UNDATED),
        (shot("x", "2025-01-09", "05"), Reason.BEFORE_BIRTH),
        (shot("x", "2026-10-06", "05"), Reason.FUTURE),
        (shot("x", "2025-10-12", "05", isSubpotent=True), Reason.SUBPOTENT),
        (shot("x", "2025-10-12", "05", status="unknown"), Reason.STATUS),
        (shot("x", "2025-03-12", "05"), Reason.EARLY),
    ],
)
def test_what_does_not_count_says_why(shot_: dict[str, Any], reason: Reason) -> None:
    found = of(shot_)
    assert ids(found) == ([], [("x", reason)], [])
    assert State.GIVEN not in states(found, "measles")


def test_what_may_be_after_birth_and_before_today_counts() -> None:
    found = of(shot("birth", "2025-01-05", "08"), shot("year", "2026", "05"), birthDate="2025-01")
    assert states(found, "hepatitis_b")[0] is State.GIVEN
    assert states(found, "measles")[0] is State.GIVEN
    assert ids(found) == ([], [], [])


def test_what_a_modifier_changes_does_not_count() -> None:
    body = shot("x", "2025-10-12", "05", modifierExtension=[{"url": "http://x", "valueBoolean": True}])
    assert ids(of(body))[1] == [("x", Reason.MODIFIED)]


def test_contradictory_codes_do_not_count() -> None:
    both = {"coding": [{"system": CVX, "code": "05"}, {"system": ATC, "code": "J07AN01"}]}
    assert ids(of(shot("x", "2025-10-12") | {"vaccineCode": both}))[1] == [("x", Reason.CONTRADICTORY)]
    second = {"coding": [{"system": "http://example.org", "code": "S1"}, {"system": CVX, "code": "05"}]}
    assert states(of(shot("x", "2025-10-12") | {"vaccineCode": second}), "measles")[0] is State.GIVEN


def test_what_was_refused_or_entered_in_error_is_no_dose() -> None:
    refused = shot("no", "2025-10-12", "05", status="not-done")
    wrong = shot("wrong", "2025-10-12", "05", status="entered-in-error")
    found = of(refused, wrong)
    assert ids(found) == ([], [], ["no"])
    assert State.GIVEN not in states(found, "measles")


def test_what_the_schedule_does_not_ask_for_is_listed() -> None:
    shots = [shot("rabies", "2026-05-01", "J07BG01"), shot("rubella", "2026-07-12", "06")]
    again = shot("again", "2026-09-12", "06")
    assert ids(of(*shots, again)) == (["again", "rabies"], [], [])


def test_what_does_not_count_is_told_newest_first() -> None:
    shots = [shot("counts", "2025-10-20", "05")]
    shots += [shot(f"early-{day}", f"2025-10-{day}", "05") for day in (22, 24, 26)]
    shots += [shot("odd", "2025-10-23", text="x"), shot("undated", None, "05")]
    _, uncounted, _ = ids(of(*shots))
    assert [id_ for id_, _ in uncounted] == ["early-26", "early-24", "odd", "early-22", "undated"]


def test_a_dose_that_counts_against_one_antigen_alone_is_not_listed_as_uncounted() -> None:
    measles, both = shot("m", "2025-10-12", "05"), shot("mr", "2025-10-20", "04")
    found = of(measles, both)
    (row,) = (row for row in found.rows if row.antigen == "measles")
    assert [early.days for early in row.cells[2].early] == [20]
    assert states(found, "rubella") == [State.GIVEN]
    assert ids(found) == ([], [], [])


@pytest.mark.parametrize(
    ("person", "on", "withheld"),
    [
        ({"birthDate": "2010-10-05"}, TODAY, "grown_up"),
        ({"birthDate": "2010-10-06"}, TODAY, None),
        ({"birthDate": "2010"}, TODAY, None),
        ({"birthDate": "1952"}, TODAY, "grown_up"),
        ({"birthDate": None}, TODAY, "no_birth_date"),
        ({"deceasedBoolean": True}, TODAY, "deceased"),
        ({"deceasedDateTime": "2026-01-01"}, TODAY, "deceased"),
        ({}, date(2025, 1, 9), "unborn"),
        ({}, date(2025, 1, 10), None),
    ],
)
def test_for_whom_nothing_is_computed(person: dict[str, Any], on: date, withheld: str | None) -> None:
    found = of(shot("a", "2025-01-10", "19"), shot("b", "2024-01-10", text="Vắc xin lạ"), on=on, **person)
    assert found.withheld == withheld
    assert bool(found.rows) == (withheld is None)
    if withheld:
        assert ids(found) == (["a", "b"], [], [])


def test_it_is_computed_as_of_the_day_that_is_asked_for() -> None:
    shots = [shot("birth", "2025-01-10", "08"), shot("first", "2025-03-10", "102")]
    before, after = (of(*shots, on=day) for day in (date(2025, 3, 9), date(2025, 3, 10)))
    assert states(before, "hepatitis_b")[:2] == [State.GIVEN, State.UPCOMING]
    assert ids(before)[1] == [("first", Reason.FUTURE)]
    assert states(after, "hepatitis_b")[:2] == [State.GIVEN, State.GIVEN]
    assert before.on == date(2025, 3, 9)


def test_so_many_that_nobody_has_had_them_are_listed_alone() -> None:
    shots = [shot(f"i{number}", "2025-03-10", "146") for number in range(MOST + 1)]
    assert of(*shots[:MOST]).withheld is None
    found = of(*shots)
    assert found.withheld is Withheld.TOO_MANY
    assert len(found.others) == MOST + 1

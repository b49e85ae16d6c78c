"""How a chart is sorted, grouped and judged."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from projections.health_record.chart import Chart, Diagnosed, Standing
from projections.health_record.entry import Coded, Named, Origin
from projections.health_record.kinds import (
    Allergy,
    AnyEntry,
    Diagnosis,
    Measure,
    Medicine,
    Person,
    Problem,
    Result,
    Visit,
)
from projections.health_record.series import grid_of, series_of

NOW = datetime(2026, 10, 5, 1, tzinfo=UTC)
COMPLETE = Standing(7, 7, NOW, None)


def origin(type_: str, id_: str, recorded: str = "2026-10-05T01:00:00.000Z", **more: Any) -> Origin:
    return Origin(type_, id_, recorded, **more)


def visit(id_: str, at: str | None, **more: Any) -> Visit:
    fields: dict[str, Any] = {
        "ends": None,
        "status": "finished",
        "kind": "AMB",
        "types": [],
        "reasons": [],
        "diagnoses": [],
        "practitioners": [],
        "provider": None,
        "place": None,
        "outcome": None,
    }
    return Visit(origin("Encounter", id_), at, id_, **(fields | more))


def problem(
    id_: str, code: Coded, at: str | None = "2026-10-01", encounter: str | None = None, **more: Any
) -> Problem:
    fields: dict[str, Any] = {
        "clinical": "active",
        "verification": "confirmed",
        "categories": [],
        "onset": None,
        "abated": None,
        "severity": None,
        "source": None,
    }
    return Problem(origin("Condition", id_), at, encounter, code, **(fields | more))


def medicine(
    id_: str, what: str, at: str = "2026-10-01", type_: str = "MedicationRequest", **more: Any
) -> Medicine:
    fields: dict[str, Any] = {
        "name": None,
        "status": "active",
        "intent": "order",
        "forbidden": False,
        "dosage": None,
        "until": None,
        "by": None,
        "reasons": [],
        "note": None,
    }
    return Medicine(origin(type_, id_), at, None, Coded(what), **(fields | more))


def allergy(id_: str, denies: bool = False, **more: Any) -> Allergy:
    fields: dict[str, Any] = {
        "clinical": "active",
        "verification": "confirmed",
        "criticality": None,
        "categories": [],
        "reactions": [],
        "severity": None,
        "source": None,
    }
    what = Coded("x")
    return Allergy(origin("AllergyIntolerance", id_), None, None, what, denies, **(fields | more))


def result(id_: str, at: str | None, *measures: Measure, category: str = "laboratory") -> Result:
    return Result(origin("Observation", id_), at, None, Coded("x"), "final", category, list(measures), None)


def measure(value: str, unit: str = "mmol/L", code: str = "2339-0", **more: Any) -> Measure:
    name = Coded("Glucose", "http://loinc.org", code)
    fields: dict[str, Any] = {"numeric": True, "unit": unit, "unit_code": unit}
    return Measure(name, value, **(fields | more))


def chart(
    *entries: AnyEntry, names: dict[str, str] | None = None, codes: dict[str, str] | None = None
) -> Chart:
    return Chart(entries, names or {}, COMPLETE, None, codes or {})


# Visits.


def test_visits_are_newest_first_across_time_zones_and_partial_dates() -> None:
    times = {
        "day": "2026-10-01",
        "morning": "2026-10-01T08:00:00+07:00",
        "earlier": "2026-10-01T00:30:00Z",
        "year": "2026",
        "month": "2026-10",
        "never": None,
        "words": "hồi nhỏ",
    }
    shown = [one.origin.id for one in chart(*(visit(id_, at) for id_, at in times.items())).visits]
    assert shown[:2] == ["morning", "earlier"]
    assert set(shown[2:4]) == {"day", "month"}
    assert shown[4] == "year"
    assert set(shown[5:]) == {"never", "words"}


def test_facility_is_the_provider_else_who_stated_it() -> None:
    named = visit("a", "2026", provider=Named("Bệnh viện"))
    listed = visit("b", "2026", provider=Named(None, "Organization/o1"))
    unlisted = visit("c", "2026", provider=Named(None, "Organization/o9"))
    within = problem("p", Coded("x"), encounter="a")
    elsewhere = origin("Condition", "q", facility="45901")
    stated = Problem(elsewhere, None, None, Coded("x"), None, None, [], None, None, None, None)
    names = {"Organization/o1": "Trạm Lìa", "45901": "Trạm A Dơi"}
    one = chart(named, listed, unlisted, within, stated, names=names)
    assert [str(one.facility(entry)) for entry in (named, listed, unlisted, within, stated)] == [
        "Bệnh viện",
        "Trạm Lìa",
        "Organization/o9",
        "Bệnh viện",
        "Trạm A Dơi",
    ]
    assert str(chart(stated).facility(stated)) == "45901"
    assert chart(problem("p", Coded("x"))).facility(problem("p", Coded("x"))) is None


def test_diagnoses_are_those_the_visit_names_by_rank_then_others_recorded_in_it() -> None:
    diagnoses = [
        Diagnosis("Condition/c2", None, "CM", 2),
        Diagnosis("Condition/c1", "tên khác", "CC", 1),
        Diagnosis("Condition/gone", "Sốt", None, None),
    ]
    seen = visit("e", "2026", diagnoses=diagnoses)
    fever, cough = Coded("Sốt rét", "icd", "B54"), Coded("Ho", "icd", "R05")
    one = chart(
        seen,
        problem("c1", fever, encounter="e"),
        problem("c2", cough, encounter="e"),
        problem("c3", Coded("Khác"), encounter="e"),
        problem("c4", Coded("Không phải"), encounter="e", verification="refuted"),
        problem("c5", Coded("Lượt khác"), encounter="f"),
    )
    assert one.diagnoses(seen) == [
        Diagnosed("Condition/c1", fever, "CC"),
        Diagnosed("Condition/c2", cough, "CM"),
        Diagnosed("Condition/gone", Coded("Sốt"), None),
        Diagnosed("Condition/c3", Coded("Khác"), None),
    ]


def test_of_visit_goes_by_kind_then_time() -> None:
    seen = visit("e", "2026-10-01")
    late = Result(origin("Observation", "o2"), "2026-10-01T10:00:00Z", "e", Coded("x"), None, None, [], None)
    early = Result(origin("Observation", "o1"), "2026-10-01T09:00:00Z", "e", Coded("x"), None, None, [], None)
    found = problem("c", Coded("x"), at="2026-10-01T23:00:00Z", encounter="e")
    assert chart(late, seen, early, found).of_visit(seen) == [found, early, late]
    undated = visit("u", None)
    assert chart(undated).of_visit(chart(undated).visits[0]) == []


def test_what_has_no_date_gets_that_of_its_visit() -> None:
    seen = visit("e", "2026-10-01")
    undated = problem("c1", Coded("Sốt"), at=None, encounter="e")
    one = chart(problem("c2", Coded("Ho"), at="2026-09-01"), undated, seen)
    assert [(r.latest.origin.id, r.latest.at) for r in one.problems] == [
        ("c1", "2026-10-01"),
        ("c2", "2026-09-01"),
    ]
    assert one.of_visit(seen) == [one.problems[0].latest]


# Problems and medicines.


def test_one_problem_stated_often_is_one_with_its_last_state() -> None:
    code = Coded("Tăng huyết áp", "icd", "I10")
    one = chart(
        problem("c1", code, "2025-01-01"),
        problem("c2", Coded("THA", "icd", "I10"), "2026-01-01", clinical="resolved"),
        problem("c3", Coded("Ho"), "2024"),
        problem("c4", Coded("HO"), "2023"),
        problem("c5", Coded("Lao", "icd", "A15"), verification="refuted"),
    )
    (cough,) = one.present_problems
    assert (cough.latest.origin.id, cough.first.origin.id, len(cough.all)) == ("c3", "c4", 2)
    assert [(r.latest.origin.id, len(r.all)) for r in one.past_problems] == [("c5", 1), ("c2", 2)]


@pytest.mark.parametrize(
    ("more", "in_use"),
    [
        ({}, True),
        ({"until": "2026-10-05"}, True),
        ({"until": "2026-10-04"}, False),
        ({"until": "2026-10"}, True),
        ({"status": "on-hold"}, True),
        ({"status": "completed"}, False),
        ({"type_": "MedicationStatement"}, True),
        ({"type_": "MedicationAdministration"}, False),
        ({"status": None}, False),
    ],
)
def test_a_medicine_is_in_use_while_it_is_active_and_has_not_ended(
    more: dict[str, Any], in_use: bool
) -> None:
    one = chart(medicine("m", "Paracetamol", **more))
    assert bool(one.current_medicines(NOW)) is in_use
    assert bool(one.past_medicines(NOW)) is not in_use


@pytest.mark.parametrize(
    ("more", "stands"),
    [({}, True), ({"until": "2026-10-04"}, False), ({"status": "stopped"}, False), ({"status": None}, False)],
)
def test_what_is_not_to_be_given_was_not_used_formerly(more: dict[str, Any], stands: bool) -> None:
    one = chart(medicine("m", "Warfarin", forbidden=True, **more))
    assert bool(one.prohibited_medicines(NOW)) is stands
    assert bool(one.past_medicines(NOW)) is not stands
    assert one.current_medicines(NOW) == []


@pytest.mark.parametrize(
    ("more", "in_use"),
    [
        ({"until": "2026-10-09"}, True),
        ({"until": "2026-10-04"}, False),
        ({"until": None}, False),
        ({"until": "2026-10-09", "status": "stopped"}, False),
    ],
)
def test_what_was_handed_out_is_in_use_until_it_is_used_up(more: dict[str, Any], in_use: bool) -> None:
    handed = medicine("d", "Paracetamol", type_="MedicationDispense", **({"status": "completed"} | more))
    assert bool(chart(handed).current_medicines(NOW)) is in_use
    assert bool(chart(handed).past_medicines(NOW)) is not in_use


def test_where_it_was_prescribed_the_prescription_says_whether_it_is_in_use() -> None:
    handed = medicine("d", "Paracetamol", type_="MedicationDispense", status="completed", until="2026-10-09")
    stopped = medicine("m", "PARACETAMOL", status="stopped")
    assert chart(handed, stopped).current_medicines(NOW) == []


@pytest.mark.parametrize(
    ("asked", "covered"),
    [
        ({"status": "completed", "until": "2020-01-31"}, False),
        ({"status": "stopped", "recorded": "2020-02-01T00:00:00Z"}, False),
        ({"status": "active"}, True),
        ({"status": "active", "until": "2026-10"}, True),
        ({"status": "completed", "recorded": "2026-10-04T00:00:00Z"}, True),
    ],
)
def test_a_prescription_that_was_over_says_nothing_of_what_was_handed_out_later(
    asked: dict[str, Any], covered: bool
) -> None:
    handed = medicine("d", "Paracetamol", type_="MedicationDispense", status="completed", until="2026-10-09")
    recorded = asked.pop("recorded", "2026-10-05T00:00:00Z")
    former = medicine("m", "Paracetamol", "2020-01-01", **asked)
    former = replace(former, origin=replace(former.origin, recorded_at=recorded))
    current = chart(handed, former).current_medicines(NOW)
    assert ("d" not in [one.origin.id for one in current]) is covered


def test_prescriptions_of_two_facilities_stay_apart_while_in_use() -> None:
    one = chart(medicine("m1", "Paracetamol"), medicine("m2", "Paracetamol"))
    assert len(one.current_medicines(NOW)) == 2


def test_past_medicines_are_grouped_by_what_they_are() -> None:
    listed = medicine("m3", "", status="completed", name=Named(None, "Medication/1"))
    one = chart(
        medicine("m1", "Amoxicillin", "2025", status="stopped"),
        medicine("m2", "amoxicillin", "2024", status="completed"),
        listed,
        names={"Medication/1": "Amoxicillin"},
    )
    (group,) = one.past_medicines(NOW)
    assert [entry.origin.id for entry in group.all] == ["m3", "m1", "m2"]
    assert one.medicine_name(listed) == "Amoxicillin"


# Allergies.


@pytest.mark.parametrize(
    ("entries", "state"),
    [
        ([], "not-recorded"),
        ([allergy("a", denies=True)], "none-known"),
        ([allergy("a")], "known"),
        ([allergy("a", denies=True), allergy("b")], "known"),
        ([allergy("a", verification="refuted")], "not-recorded"),
        ([allergy("a", verification="refuted"), allergy("b", denies=True)], "none-known"),
        ([allergy("a", denies=True, verification="refuted")], "not-recorded"),
        ([allergy("a", clinical="resolved")], "known"),
    ],
)
def test_allergy_states(entries: list[Allergy], state: str) -> None:
    assert chart(*entries).allergy_state == state


# The person.


def test_the_person_is_as_stated_last() -> None:
    def person(id_: str, name: str, amended: str | None) -> Person:
        source = origin("Patient", id_, "2026-01-01T00:00:00.000Z", amended_at=amended)
        return Person(source, None, None, name, None, None, None, True, [], None, None)

    one = chart(person("1", "cũ", None), person("2", "mới", "2026-02-01T00:00:00.000Z"))
    assert one.person is not None
    assert one.person.name == "mới"
    assert chart().person is None


# Results.


def test_values_are_joined_only_with_the_same_code_and_unit() -> None:
    results = [
        result("1", "2026-10-01T08:00:00+07:00", measure("5.10")),
        result("2", "2026-10-02", measure("5.4")),
        result("3", "2026-10-02", measure("97", unit="mg/dL")),
        result("4", "2026-10-03", measure("6", code="1558-6")),
        result("5", "2026-10-04", measure("vết", numeric=False)),
        result("6", "2026-10-05", measure("5.0")),
    ]
    series = series_of(results)
    assert [[point.measure.value for point in one.points] for one in series] == [
        ["5.0", "5.4", "5.10"],
        ["vết"],
        ["6"],
        ["97"],
    ]
    assert len({one.token for one in series}) == 4
    assert [one.numeric for one in series] == [True, False, False, False]
    assert [one.token for one in series_of(reversed(results))] == [one.token for one in series]


UNITS = st.sampled_from([None, "mmol/L", "mg/dL", "http://local|7", "7", "mmol/l"])


@given(st.lists(st.tuples(UNITS, st.sampled_from(["2339-0", "1558-6"]), st.booleans()), max_size=12))
def test_different_units_are_never_joined(stated: list[tuple[str | None, str, bool]]) -> None:
    results = [
        result(
            str(number), f"2026-10-{1 + number:02}", measure("5", unit_code=unit, code=code, numeric=numeric)
        )
        for number, (unit, code, numeric) in enumerate(stated)
    ]
    found = [
        {(point.measure.unit_code, point.measure.code.code, point.measure.numeric) for point in one.points}
        for one in series_of(results)
    ]
    assert all(len(kinds) == 1 for kinds in found)
    assert len(found) == len(set(stated))
    assert len({one.token for one in series_of(results)}) == len(found)


def test_a_grid_has_a_column_for_each_day_in_vietnam() -> None:
    results = [
        result("1", "2026-10-01T18:00:00Z", measure("1")),
        result("2", "2026-10-02T01:00:00+07:00", measure("2")),
        result("3", "2026-09", measure("3")),
        result("4", None, measure("4")),
        result("5", "2026-10-05", measure("7", code="b")),
    ]
    grid = grid_of(series_of(results), 2)
    assert (grid.days, grid.earlier) == (["2026-10-05", "2026-10-02"], True)
    cells = [[[p.measure.value for p in cell] for cell in row.cells] for row in grid.rows]
    assert cells == [[["7"], []], [[], ["2", "1"]]]
    older = grid_of(series_of(results), 2, before="2026-10-02")
    assert (older.days, older.earlier, len(older.rows)) == (["2026-09"], False, 1)


@pytest.mark.parametrize(
    ("stated", "flag"),
    [
        ({"value": "5.0", "low": "4", "high": "5.00"}, None),
        ({"value": "5.01", "high": "5"}, "H"),
        ({"value": "3.9", "low": "4"}, "L"),
        ({"value": "1E300", "high": "9e299"}, "H"),
        ({"value": "9", "high": "5", "flag": "N"}, "N"),
        ({"value": "9", "high": "5", "comparator": "<"}, None),
        ({"value": "9", "high": "5", "numeric": False}, None),
    ],
)
def test_flags_are_the_facilitys_else_by_its_own_range(stated: dict[str, Any], flag: str | None) -> None:
    value = stated.pop("value")
    (one,) = series_of([result("1", "2026", measure(value, **stated))])
    assert one.latest.flag == flag


def test_a_plot_shows_a_range_only_where_all_agree() -> None:
    same = [result(str(n), f"2026-10-0{n}", measure("5", low="4", high="6")) for n in (1, 2)]
    other = result("3", "2026-10-03", measure("5", low="3", high="6"))
    silent = result("4", "2026-10-04", measure("5"))
    assert series_of([*same, silent])[0].limits == ("4", "6")
    assert series_of([*same, other])[0].limits == (None, None)
    assert series_of([silent])[0].limits == (None, None)


def test_only_values_of_a_known_day_are_drawn() -> None:
    (one,) = series_of([result("1", "2026-10", measure("5")), result("2", "2026-10-05", measure("6"))])
    assert [point.seconds for point in one.points] == [1_791_133_200, None]
    assert not one.numeric

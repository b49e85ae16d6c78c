"""Treatment and measurements fit the person: weight, allergies, pregnancy, what they live with."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from simulation.body import stature, usual_systolic, vital_signs
from simulation.chance import chance_of
from simulation.citizens import Citizen
from simulation.code_lists import child_doses, drugs
from simulation.courses import HYPERTENSION, course_of
from simulation.laboratory import POSITIVE, report
from simulation.life import Life
from simulation.prescribing import allergy_of
from simulation.province import Province
from simulation.visits import Visit

HARMFUL_IN_PREGNANCY = (
    *(
        "A03FA",
        "A07DA",
        "A10B",
        "B01A",
    ),  # domperidone, loperamide, tablets against diabetes, against clotting
    *("C03", "C07", "C09", "C10"),  # diuretics, beta blockers, ACE inhibitors and sartans, statins
    *("H02", "J01AA", "J01MA", "M01", "M04", "P01", "P02"),  # steroids, quinolones, NSAIDs, gout, parasites
)
"""ATC groups that this province's facilities keep from pregnant women, cautious ones among them."""


@pytest.fixture(scope="module")
def people() -> Province:
    return Province(5, 1_500)


def life_of(province: Province, citizen: Citizen) -> Life:
    return Life(province.seed, citizen, province.network, province.start, province.until)


def care(province: Province) -> Iterator[tuple[Citizen, Visit]]:
    for citizen in province.citizens:
        for visit in province.visits_of(citizen):
            yield citizen, visit


def test_nobody_gets_what_they_are_known_to_be_allergic_to(people: Province) -> None:
    allergic = 0
    for citizen, visit in care(people):
        allergy = allergy_of(life_of(people, citizen))
        if allergy and allergy.atc:
            allergic += 1
            assert not any(drugs()[dosage.drug].atc.startswith(allergy.atc) for dosage in visit.dosages)
    assert allergic > 100


def test_children_get_what_fits_their_weight(people: Province) -> None:
    seen = set()
    for citizen, visit in care(people):
        day = visit.starts.date()
        if citizen.age_on(day) < 12:
            kilograms = stature(life_of(people, citizen), day)[1]
            for dosage in visit.dosages:
                seen.add(dosage.drug)
                too_strong = child_doses().get(dosage.drug, ())
                assert all(
                    kilograms >= choice.below_kg or choice.instead == dosage.drug for choice in too_strong
                )
    assert {"paracetamol_80", "paracetamol_150", "paracetamol_250", "amoxicillin_250"} <= seen


def test_expectant_mothers_get_nothing_harmful(people: Province) -> None:
    expecting = [visit for citizen, visit in care(people) if citizen.is_pregnant(visit.starts.date())]
    given = {drugs()[dosage.drug].atc for visit in expecting for dosage in visit.dosages}
    assert len(expecting) > 100
    assert len(given) > 5
    assert [atc for atc in given if atc.startswith(HARMFUL_IN_PREGNANCY)] == []


def test_each_medicine_is_prescribed_once_a_visit(people: Province) -> None:
    for _, visit in care(people):
        names = [dosage.drug for dosage in visit.dosages]
        assert len(set(names)) == len(names)


def test_nobody_is_in_two_places_during_a_stay(people: Province) -> None:
    for citizen in people.citizens:
        visits = people.visits_of(citizen)
        stays = [visit for visit in visits if visit.kind == "inpatient"]
        for stay in stays:
            others = [v for v in visits if v is not stay and stay.starts <= v.starts < stay.ends]
            assert all(other.prompt or other.kind == "inpatient" for other in others)


def test_high_pressure_is_measured_wherever_it_is_measured(people: Province) -> None:
    first, settled = [], []
    for citizen in people.citizens:
        course = course_of(life_of(people, citizen))
        if course and HYPERTENSION in course.codes:
            first.append(usual_systolic(life_of(people, citizen), course.begins))
            settled.append(usual_systolic(life_of(people, citizen), people.until - timedelta(days=30)))
    assert len(first) > 50
    assert sum(first) / len(first) > 150
    assert sum(settled) / len(settled) < 140


def test_children_grow(people: Province) -> None:
    infant = next(c for c in people.citizens if c.mother)
    life = life_of(people, infant)
    sizes = [stature(life, infant.birth + timedelta(days=days)) for days in range(0, 6_900, 30)]
    assert sizes == sorted(sizes)
    assert 47 <= sizes[0][0] <= 52
    assert 2 < sizes[0][1] < 5


def test_the_breathless_lack_oxygen(people: Province) -> None:
    life, day = life_of(people, people.citizens[0]), date(2026, 1, 5)
    found = {f.key: f.value for f in vital_signs(life, chance_of(1, "x"), day, breathless=True)}
    calm = {f.key for f in vital_signs(life, chance_of(1, "x"), day)}
    assert isinstance(found["oxygen"], float)
    assert found["oxygen"] < 95
    assert "oxygen" not in calm


def test_the_parts_of_a_blood_count_agree() -> None:
    for number in range(50):
        values = {f.key: f.value for f in report(chance_of(number, "count"), "blood_count").findings}
        red, packed, haemoglobin = values["rbc"], values["hematocrit"], values["hemoglobin"]
        assert isinstance(red, float)
        assert isinstance(packed, float)
        assert isinstance(haemoglobin, float)
        assert packed / red == pytest.approx(8.85, rel=0.01)
        assert haemoglobin / packed == pytest.approx(3.33, rel=0.01)


def test_dengue_shows_in_the_blood(people: Province) -> None:
    tested: dict[str, set[object]] = defaultdict(set)
    for _, visit in care(people):
        for paper in visit.reports:
            if paper.panel == "dengue":
                values = {finding.key: finding.value for finding in paper.findings}
                tested[visit.diagnoses[0]].add(values["dengue_ns1"])
    assert tested["A97.0"] == {POSITIVE}
    assert POSITIVE not in tested["R50.9"]


def test_some_illnesses_are_those_of_children(people: Province) -> None:
    ages = [c.age_on(v.starts.date()) for c, v in care(people) if "B08.4" in v.diagnoses]
    assert ages
    assert max(ages) <= 6


def test_healthy_values_are_mostly_within_their_range() -> None:
    sodium = [
        finding.value
        for number in range(400)
        for finding in report(chance_of(number, "salt"), "chemistry").findings
        if finding.key == "sodium"
    ]
    within = [value for value in sodium if isinstance(value, float) and 135 <= value <= 145]
    assert len(within) > 0.93 * len(sodium)


def test_whoever_cannot_answer_is_not_said_to_have_answered(people: Province) -> None:
    unidentified = [citizen for citizen in people.citizens if citizen.found]
    assert unidentified
    assert all(visit.allergy is None for citizen in unidentified for visit in people.visits_of(citizen))


def test_nobody_bears_a_child_while_treated_for_a_lasting_illness(people: Province) -> None:
    mothers = [citizen for citizen in people.citizens if citizen.pregnancy]
    assert mothers
    assert all(course_of(life_of(people, mother)) is None for mother in mothers)

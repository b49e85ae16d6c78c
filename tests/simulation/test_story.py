"""What the province tells as a whole: order, lateness, facilities, the course of illnesses."""

from collections import defaultdict
from datetime import date, timedelta
from itertools import pairwise

import pytest

from simulation.clock import at
from simulation.province import UNTIL, Province, Sending
from tests.simulation.looking import entries, resources

Told = tuple[Province, tuple[Sending, ...]]


@pytest.fixture(scope="module")
def told() -> Told:
    """Large enough for shares."""
    province = Province(11, 600)
    return province, tuple(province)


def about_citizens(sendings: tuple[Sending, ...]) -> list[Sending]:
    return [sending for sending in sendings if sending.citizen]


def test_facilities_come_first_then_the_order_of_sending(sendings: tuple[Sending, ...]) -> None:
    about = [bool(sending.citizen) for sending in sendings]
    assert about == sorted(about)
    times = [sending.sent_at for sending in sendings]
    assert times == sorted(times)


def test_nothing_is_sent_before_it_happened(sendings: tuple[Sending, ...]) -> None:
    assert all(sending.happened_at <= sending.sent_at for sending in sendings)
    assert all(sending.sent_at < at(UNTIL) for sending in sendings)


def test_about_one_in_twenty_is_late(told: Told) -> None:
    living = {f"{citizen.index:07d}" for citizen in told[0].citizens if citizen.died is None}
    visits = [
        sending
        for sending in about_citizens(told[1])
        if sending.citizen in living
        and any("end" in visit["period"] for visit in resources([sending], "Encounter"))
    ]
    late = [s for s in visits if s.sent_at - at(ended(s)) > timedelta(days=2)]
    assert 0.03 < len(late) / len(visits) < 0.07


def ended(sending: Sending) -> date:
    (encounter,) = resources([sending], "Encounter")
    return date.fromisoformat(encounter["period"]["end"][:10])


def test_about_one_citizen_in_twenty_goes_to_several_facilities_each_month(told: Told) -> None:
    province, sendings = told
    months: dict[tuple[int, int], dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for sending in about_citizens(sendings):
        if next(entries([sending], "Encounter"), None):
            day = sending.happened_at
            months[day.year, day.month][sending.citizen].add(sending.facility)
    several = sum(len(where) > 1 for month in months.values() for where in month.values())
    assert 0.04 < several / 24 / len(province.citizens) < 0.06


def test_some_are_in_a_bed_when_the_period_ends(told: Told) -> None:
    open_stays = [
        (sending, visit)
        for sending in told[1]
        for visit in resources([sending], "Encounter")
        if visit["status"] == "in-progress"
    ]
    assert open_stays
    for sending, visit in open_stays:
        kinds = {entry["resource"]["resourceType"] for entry in sending.bundle["entry"]}
        assert at(UNTIL) - sending.happened_at < timedelta(days=10)
        assert "end" not in visit["period"]
        assert "hospitalization" not in visit
        assert kinds.isdisjoint({"Composition", "ServiceRequest"})


@pytest.mark.parametrize("weekday", range(7))
def test_on_whatever_day_it_ends_somebody_is_in_a_bed(weekday: int) -> None:
    province = Province(1, 1_000, months=3, until=UNTIL + timedelta(days=weekday))
    visits = [visit for citizen in province.citizens for visit in province.visits_of(citizen)]
    assert 1 <= sum(visit.ongoing for visit in visits) <= 20


def test_what_was_prescribed_in_the_last_weeks_is_still_taken(told: Told) -> None:
    ends = [
        request["dispenseRequest"]["validityPeriod"]["end"]
        for request in resources(told[1], "MedicationRequest")
        if request["status"] == "active"
    ]
    assert sum(end >= UNTIL.isoformat() for end in ends) > 50


def test_all_stories_are_told(told: Told) -> None:
    codes = {c["code"]["coding"][0]["code"] for c in resources(told[1], "Condition")}
    assert {"J06.9", "A97.0", "I10", "E11.9", "Z34.9", "O80.9", "T14.1", "K02.9", "J18.9", "Z00.0"} <= codes
    classes = {e["class"]["code"] for e in resources(told[1], "Encounter")}
    assert classes == {"AMB", "EMER", "IMP", "HH"}


def test_a_diagnosis_says_that_it_lasts_only_when_it_does(told: Told) -> None:
    lasts: dict[str, set[str]] = defaultdict(set)
    for condition in resources(told[1], "Condition"):
        status = condition.get("clinicalStatus", {"coding": [{"code": "unsaid"}]})["coding"][0]["code"]
        lasts[condition["code"]["coding"][0]["code"]].add(status)
        assert ("abatementDateTime" in condition) == (status == "resolved")
    assert (lasts["I10"], lasts["J06.9"], lasts["Z27.1"]) == ({"active"}, {"unsaid"}, {"resolved"})
    assert lasts["A09.9"] == {"unsaid", "resolved"}


def test_treatment_lowers_blood_sugar(told: Told) -> None:
    series: dict[str, list[tuple[str, float]]] = defaultdict(list)
    for sending in told[1]:
        for result in resources([sending], "Observation"):
            if result["code"]["coding"][0]["code"] == "4548-4" and result["status"] == "final":
                series[sending.citizen].append(
                    (result["effectiveDateTime"], result["valueQuantity"]["value"])
                )
    long = [sorted(values) for values in series.values() if len(values) >= 4]
    assert len(long) >= 10
    first, last = (sum(values[end][1] for values in long) / len(long) for end in (0, -1))
    assert first - last > 1


def test_visits_of_a_citizen_are_in_order_and_within_the_life(told: Told) -> None:
    for citizen in told[0].citizens:
        visits = told[0].visits_of(citizen)
        assert [v.starts for v in visits] == sorted(v.starts for v in visits)
        assert all(v.starts.date() >= citizen.birth for v in visits)
        if citizen.died:
            assert all(v.ends <= at(citizen.died, 23, 59) for v in visits)


def test_a_record_of_the_dead_is_sent_after_death(told: Told) -> None:
    dead = {f"{c.index:07d}": c.died for c in told[0].citizens if c.died}
    assert dead
    sent = [s for s in told[1] if s.citizen in dead]
    assert {s.citizen for s in sent} == dead.keys()
    for sending in sent:
        died = dead[sending.citizen]
        assert sending.sent_at.date() > died
        assert all(p["deceasedDateTime"] == died.isoformat() for p in resources([sending], "Patient"))


def test_allergies_are_asked_about_and_mostly_none_are_known(told: Told) -> None:
    answers = [a["code"].get("text") for a in resources(told[1], "AllergyIntolerance")]
    none = answers.count("Không có tiền sử dị ứng")
    assert 0 < len(answers) - none < none


def test_doses_keep_their_distance(told: Told) -> None:
    given: dict[tuple[str, str], dict[int, str]] = defaultdict(dict)
    for sending in told[1]:
        for shot in resources([sending], "Immunization"):
            (protocol,) = shot["protocolApplied"]
            if protocol["series"] in ("DTP-VGB-Hib", "bOPV", "IPV"):
                numbered = given[sending.citizen, protocol["series"]]
                numbered[protocol["doseNumberPositiveInt"]] = shot["occurrenceDateTime"][:10]
    assert given
    for doses in given.values():
        days = [date.fromisoformat(doses[number]) for number in sorted(doses)]
        assert all((later - earlier).days >= 26 for earlier, later in pairwise(days))

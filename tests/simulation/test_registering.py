"""What facilities make of people who are new to them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import pytest

from ehr.matching.captured import CAPTURED, CODES, TYPED
from simulation.province import Province, Sending
from simulation.registering.families import HO_COMMUNES, lived_in
from simulation.registering.patients import Shares
from simulation.systems import IDENTIFIER_CAPTURED, NATIONAL_ID, TEMPORARY_ID
from tests.simulation.looking import Json, resources

CITIZENS = 400
SHARES = Shares(typed=0.2, absent=0.1, mother=0.3)


@pytest.fixture(scope="module")
def apart() -> Province:
    return Province(11, CITIZENS, months=18, shares=SHARES)


@pytest.fixture(scope="module")
def sent(apart: Province) -> Sequence[Sending]:
    return tuple(apart)


@pytest.fixture(scope="module")
def patients(sent: Sequence[Sending]) -> list[Json]:
    return resources(sent, "Patient")


def captured(patient: Json) -> str:
    """How its personal number was obtained; "" where it has none."""
    for one in patient["identifier"]:
        if one["system"] == NATIONAL_ID:
            return str(one.get("extension", [{"valueCode": TYPED}])[0]["valueCode"])
    return ""


def test_each_facility_registers_everybody_once(sent: Sequence[Sending], patients: list[Json]) -> None:
    contacts = {(one.citizen, one.facility) for one in sent if one.citizen}
    assert len(patients) == len(contacts)
    assert len(contacts) > len({citizen for citizen, _ in contacts})


def test_numbers_say_how_they_were_obtained(patients: list[Json]) -> None:
    assert IDENTIFIER_CAPTURED == CAPTURED
    found = Counter(captured(one) for one in patients)
    assert {*found} == {"", *CODES}
    known = found.total() - found[""]
    assert 0.1 < found[TYPED] / known < 0.35


def test_the_same_person_is_written_differently(sent: Sequence[Sending]) -> None:
    names: dict[str, set[str]] = {}
    for one in sent:
        for patient in resources([one], "Patient"):
            names.setdefault(one.citizen, set()).add(patient["name"][0]["text"])
    assert sum(len(found) > 1 for found in names.values()) > 5


def test_a_mothers_card_is_scanned_for_her_child(apart: Province, sent: Sequence[Sending]) -> None:
    women = {one.national_number: one for one in apart.citizens if one.female and one.national_number}
    shown = 0
    for one in sent:
        for patient in resources([one], "Patient"):
            numbers = {number["value"] for number in patient["identifier"] if number["system"] == NATIONAL_ID}
            shown += any(women[n].index != int(one.citizen) for n in numbers & women.keys())
    assert shown > 5


def test_newborns_come_without_a_name_and_have_one_later(patients: list[Json]) -> None:
    nameless = [one for one in patients if one["name"][0]["text"].startswith("Con bà")]
    assert nameless
    assert all({TEMPORARY_ID} <= {number["system"] for number in one["identifier"]} for one in nameless)
    assert any("contact" in one and one["name"][0]["use"] == "official" for one in patients)


def test_twins_differ_by_name_and_number(apart: Province) -> None:
    found = apart.citizens[len(Province(11, CITIZENS, months=18).citizens) :]
    assert found
    for twin in found:
        first = [
            one
            for one in apart.citizens
            if one.index != twin.index
            and (one.birth, one.hamlet, one.phone) == (twin.birth, twin.hamlet, twin.phone)
        ]
        assert any((one.temporary, one.name) != (twin.temporary, twin.name) for one in first)
        assert all(one.key != twin.key for one in first)


def test_half_of_the_communes_have_few_surnames() -> None:
    chosen = [one.code in HO_COMMUNES for one in lived_in("44", CITIZENS)]
    assert (sum(chosen), len(chosen)) == (2, 4)


def test_other_shares_are_other_requests(sent: Sequence[Sending]) -> None:
    again = Province(11, CITIZENS, months=18, shares=SHARES)
    assert next(iter(again)).idempotency_key == sent[0].idempotency_key
    other = Province(11, CITIZENS, months=18, shares=replace(SHARES, typed=0.0))
    assert {one.idempotency_key for one in other}.isdisjoint(
        one.idempotency_key for one in sent if one.citizen
    )

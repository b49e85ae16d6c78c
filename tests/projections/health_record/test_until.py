"""Until when a medicine is taken, by what its resource says, and what says so."""

from datetime import date, timedelta
from typing import Any

import msgspec
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from projections.health_record.dosages import MOST_DAYS, Dosage, days_after, days_of, ends_of
from projections.health_record.elements import Quantity
from projections.health_record.kinds import Medicine
from tests.projections.health_record.kinds_reading import read

Json = dict[str, Any]
DAYS = {"unit": "ngày", "system": "http://unitsofmeasure.org", "code": "d"}


def until(type_: str, **stated: Any) -> tuple[str | None, str | None]:
    medicine = read({"resourceType": type_, "status": "active", **stated})
    assert isinstance(medicine, Medicine)
    return medicine.until, medicine.basis


def lasting(value: float, unit: Json = DAYS, **more: Any) -> Json:
    return {"timing": {"repeat": {"boundsDuration": {"value": value, **unit}}}, **more}


def bounded(end: str) -> Json:
    return {"timing": {"repeat": {"boundsPeriod": {"end": end}}}}


BEYOND = ("<", "<=", ">=", ">")
VALID = {"validityPeriod": {"start": "2026-10-01", "end": "2026-10-31"}}
SUPPLY = {"expectedSupplyDuration": {"value": 14, **DAYS}}


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ({}, (None, None)),
        ({"dispenseRequest": VALID}, ("2026-10-31", "validity")),
        ({"dispenseRequest": VALID | SUPPLY}, ("2026-10-15", "supply")),
        ({"dispenseRequest": SUPPLY | {"numberOfRepeatsAllowed": 2}}, ("2026-11-12", "supply")),
        ({"dosageInstruction": [lasting(30)], "dispenseRequest": VALID | SUPPLY}, ("2026-10-31", "dosage")),
        ({"dosageInstruction": [bounded("2026-10-09")], "dispenseRequest": VALID}, ("2026-10-09", "dosage")),
        (
            {"authoredOn": "2026-09-24", "dosageInstruction": [lasting(7)], "dispenseRequest": VALID},
            ("2026-10-08", "dosage"),
        ),
        ({"dosageInstruction": [{"text": "khi đau"}], "dispenseRequest": VALID}, ("2026-10-31", "validity")),
        ({"dosageInstruction": [lasting(5), {"text": "sau đó"}]}, (None, None)),
        ({"dosageInstruction": [lasting(5, sequence=1), lasting(7, sequence=2)]}, ("2026-10-13", "dosage")),
        ({"dosageInstruction": [lasting(5), lasting(7)]}, ("2026-10-08", "dosage")),
        ({"dosageInstruction": [lasting(5), bounded("2026-12")]}, ("2026-12", "dosage")),
        ({"authoredOn": "2026-10", "dosageInstruction": [lasting(5)]}, (None, None)),
        ({"authoredOn": "2026-10-01T23:30:00Z", "dosageInstruction": [lasting(5)]}, ("2026-10-07", "dosage")),
        *(({"dosageInstruction": [lasting(30, DAYS | {"comparator": one})]}, (None, None)) for one in BEYOND),
        ({"dosageInstruction": [lasting(5), lasting(30, DAYS | {"comparator": ">"})]}, (None, None)),
        (
            {"dispenseRequest": {"expectedSupplyDuration": {"value": 14, "comparator": ">=", **DAYS}}},
            (None, None),
        ),
    ],
)
def test_a_request(stated: Json, expected: tuple[str | None, str | None]) -> None:
    assert until("MedicationRequest", **{"authoredOn": "2026-10-01", **stated}) == expected


@pytest.mark.parametrize(
    ("dosage", "told"),
    [
        ({"doseAndRate": [{"doseQuantity": {"value": 1, "unit": "viên"}}]}, "1 viên · > 30 ngày"),
        ({"text": "Ngày 2 viên"}, "Ngày 2 viên · > 30 ngày"),
    ],
)
def test_how_long_at_least_is_told_with_the_dosage(dosage: Json, told: str) -> None:
    said = lasting(30, DAYS | {"comparator": ">"}, **dosage)
    medicine = read({"resourceType": "MedicationRequest", "status": "active", "dosageInstruction": [said]})
    assert isinstance(medicine, Medicine)
    assert medicine.dosage == told


@pytest.mark.parametrize(
    ("type_", "stated", "expected"),
    [
        (
            "MedicationDispense",
            {"whenHandedOver": "2026-10-01", "daysSupply": {"value": 10, **DAYS}},
            ("2026-10-11", "supply"),
        ),
        (
            "MedicationDispense",
            {"whenPrepared": "2026-10-01", "dosageInstruction": [lasting(1, {"code": "wk"})]},
            ("2026-10-08", "dosage"),
        ),
        ("MedicationStatement", {"effectivePeriod": {"end": "2026-11"}}, ("2026-11", "period")),
        (
            "MedicationStatement",
            {"effectiveDateTime": "2026-10-01", "dosage": [lasting(2)]},
            ("2026-10-03", "dosage"),
        ),
        ("MedicationStatement", {"dateAsserted": "2026-10-01", "dosage": [lasting(2)]}, (None, None)),
        ("MedicationAdministration", {"effectivePeriod": {"end": "2026-10-01"}}, ("2026-10-01", "period")),
    ],
)
def test_other_statements(type_: str, stated: Json, expected: tuple[str | None, str | None]) -> None:
    assert until(type_, **stated) == expected


@pytest.mark.parametrize(
    ("duration", "times", "days"),
    [
        ('{"value":30,"code":"d"}', 1, 30),
        ('{"value":2,"unit":"tuần"}', 1, 14),
        ('{"value":1,"code":"mo"}', 1, 31),
        ('{"value":1,"code":"a"}', 3, 1096),
        ('{"value":36,"code":"h"}', 1, 2),
        ('{"value":0.5,"code":"d"}', 1, 1),
        ('{"value":0,"code":"d"}', 1, None),
        ('{"value":-3,"code":"d"}', 1, None),
        ('{"value":1e400,"code":"d"}', 1, None),
        ('{"value":1e-400,"code":"d"}', 1, 1),
        ('{"value":5,"unit":"viên"}', 1, None),
        ('{"code":"d"}', 1, None),
        ('{"value":30,"code":"d"}', 2**31, None),
    ],
)
def test_days_of_a_duration(duration: str, times: int, days: int | None) -> None:
    assert days_of(msgspec.json.decode(duration, type=Quantity), times) == days


def test_nothing_says_nothing() -> None:
    assert days_of(None) is None
    assert ends_of([], "2026-10-01") is None
    assert days_after(None, 3) is None
    assert days_after("9999-12-30", 30) is None
    assert days_after("hồi nhỏ", 3) is None


@given(st.dates(date(1900, 1, 1), date(2200, 1, 1)), st.lists(st.integers(1, 400), min_size=1, max_size=5))
def test_stages_follow_each_other_in_any_order(start: date, days: list[int]) -> None:
    stages = [lasting(value, sequence=number) for number, value in enumerate(days)]
    dosages = [msgspec.json.decode(orjson.dumps(stage), type=Dosage) for stage in stages]
    expected = (start + timedelta(days=sum(days))).isoformat()
    assert ends_of(dosages, start.isoformat()) == expected
    assert ends_of(dosages[::-1], start.isoformat()) == expected
    assert sum(days) <= MOST_DAYS

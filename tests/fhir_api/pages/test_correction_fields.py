"""What can be corrected of a resource, and what it becomes. Numbers keep the digits that were typed."""

import base64
from typing import Any

import orjson
import pytest
from hypothesis import given

from fhir_api.intake import validate
from fhir_api.pages.corrections.fields import (
    TYPES,
    Field,
    backwards,
    corrected,
    fields_of,
    is_error,
    read_body,
    reading,
    written,
)
from fhir_api.pages.languages import catalogue
from projections.health_record.kinds import READERS
from tests.fhir_api.intake.valid_resources import resources

Json = dict[str, Any]
RESULT = (
    b'{"resourceType":"Observation","id":"1","status":"final","text":{"status":"generated","div":"<div '
    b'xmlns=\\"http://www.w3.org/1999/xhtml\\">7.10</div>"},"code":{"text":"Glucose"},'
    b'"effectiveDateTime":"2026-10-01T08:00:30+07:00","valueQuantity":{"value":7.10,"unit":"mmol/L"},'
    b'"interpretation":[{"text":"N"}],"referenceRange":[{"low":{"value":3.90},"high":{"value":1.0E1}}]}'
)


def field(resource: Json, name: str) -> Field:
    return next(one for one in fields_of(resource) if one.name == name)


def became(raw: bytes, *, error: bool = False, **typed: str) -> Json:
    """A resource whose fields, named by their last names, were typed anew."""
    resource = read_body(raw)
    found = {one.path[-1]: one for one in fields_of(resource)}
    values = {found[name]: reading(found[name], text) for name, text in typed.items()}
    done = corrected(resource, values, error=error)
    assert validate(orjson.loads(done), "") == []
    return read_body(done)


def test_every_type_of_a_chart_can_be_corrected_but_who_it_is_and_why() -> None:
    assert set(READERS) - TYPES == {"Patient", "Provenance"}


def test_fields_are_shown_as_they_are_read() -> None:
    found = [(one.label, one.kind, one.text, one.unit) for one in fields_of(read_body(RESULT))]
    assert found == [
        ("value", "number", "7.10", "mmol/L"),
        ("effectiveDateTime", "date", "01/10/2026 08:00", None),
    ]


def test_what_is_not_corrected_keeps_its_digits() -> None:
    assert written(read_body(RESULT)) == RESULT


def test_a_value_keeps_the_digits_that_were_typed_and_loses_what_was_said_of_the_former_one() -> None:
    done = became(RESULT, value="17,10")
    assert done["valueQuantity"]["value"] == "17.10"
    assert done["status"] == "corrected"
    assert done.keys() == read_body(RESULT).keys() - {"text", "interpretation"}


def test_a_date_alone_leaves_the_value_as_it_was_interpreted() -> None:
    done = became(RESULT, effectiveDateTime="02/10/2026")
    assert (done["effectiveDateTime"], done["interpretation"]) == ("2026-10-02", [{"text": "N"}])


def test_a_part_of_a_result() -> None:
    raw = orjson.dumps(
        {
            "resourceType": "Observation",
            "status": "preliminary",
            "code": {"text": "Huyết áp"},
            "interpretation": [{"text": "H"}],
            "component": [
                {
                    "code": {"text": "Tâm thu"},
                    "valueQuantity": {"value": 210},
                    "interpretation": [{"text": "H"}],
                },
                {"code": {"coding": [{"code": "8462-4"}]}, "valueQuantity": {"value": 70}},
            ],
        }
    )
    fields = fields_of(read_body(raw))
    assert [(one.part, one.label, one.text) for one in fields] == [
        ("Tâm thu", "value", "210"),
        ("8462-4", "value", "70"),
    ]
    done = read_body(corrected(read_body(raw), {fields[0]: reading(fields[0], "120")}, error=False))
    assert done["component"][0] == {"code": {"text": "Tâm thu"}, "valueQuantity": {"value": "120"}}
    assert (done["status"], done["component"][1]["valueQuantity"]) == ("preliminary", {"value": "70"})


def test_the_text_of_a_note() -> None:
    attachment = {"contentType": "text/plain", "data": base64.b64encode("cũ".encode()).decode(), "size": 3}
    raw = orjson.dumps(
        {
            "resourceType": "DocumentReference",
            "status": "current",
            "type": {"coding": [{"system": "http://loinc.org", "code": "34109-9"}]},
            "content": [{"attachment": attachment}],
        }
    )
    assert [(one.kind, one.text) for one in fields_of(read_body(raw))] == [("note", "cũ")]
    done = became(raw, data="mới\nhai dòng")["content"][0]["attachment"]
    assert base64.b64decode(done.pop("data")).decode() == "mới\nhai dòng"
    assert done == {"contentType": "text/plain"}


@pytest.mark.parametrize("type_", sorted(TYPES))
def test_whatever_it_is_can_have_been_entered_in_error(type_: str) -> None:
    active = {
        "coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": "active"}]
    }
    said = {"clinicalStatus": active} if type_ in ("Condition", "AllergyIntolerance") else {"status": "final"}
    resource = {"resourceType": type_, **said}
    assert not is_error(resource)
    done = orjson.loads(corrected(resource, {}, error=True))
    assert is_error(done)
    assert READERS[type_](orjson.dumps(done), None) is None  # type: ignore[arg-type]
    assert "clinicalStatus" not in done


@pytest.mark.parametrize(
    ("typed", "stated"),
    [("7,2", "7.2"), ("7.20", "7.20"), ("-1", "-1"), ("+0,5", "0.5"), ("007", "7"), ("0", "0")],
)
def test_numbers_as_they_are_typed(typed: str, stated: str) -> None:
    assert reading(field(read_body(RESULT), "valueQuantity.value"), typed) == (None, stated)


@pytest.mark.parametrize(
    ("typed", "stated"),
    [
        ("7,2", {"value": "7.2", "unit": "mmol/L"}),
        ("<0,02", {"value": "0.02", "unit": "mmol/L", "comparator": "<"}),
        (">= 30", {"value": "30", "unit": "mmol/L", "comparator": ">="}),
    ],
)
def test_a_value_that_lies_beyond_a_number_is_shown_and_typed_as_such(typed: str, stated: Json) -> None:
    raw = RESULT.replace(b'"value":7.10,', b'"value":0.010,"comparator":"<",')
    assert field(read_body(raw), "valueQuantity.value").text == "< 0.010"
    assert became(raw, value=typed)["valueQuantity"] == stated


@pytest.mark.parametrize("typed", ["", "x", "<", "< <1", "=1", "1,2,3", "1e9", "٣", "1 000", ".5", "9" * 40])
def test_what_is_no_number(typed: str) -> None:
    assert reading(field(read_body(RESULT), "valueQuantity.value"), typed) is None


@pytest.mark.parametrize(
    ("typed", "stated"),
    [
        ("03/10/2026", "2026-10-03"),
        ("10/2026", "2026-10"),
        ("2026", "2026"),
        ("03/10/2026 8:30", "2026-10-03T08:30:00+07:00"),
        ("3/10/2026  23h05", "2026-10-03T23:05:00+07:00"),
    ],
)
def test_dates_as_they_are_typed(typed: str, stated: str) -> None:
    assert reading(field(read_body(RESULT), "effectiveDateTime"), typed) == stated


@pytest.mark.parametrize("typed", ["", "hôm qua", "31/02/2026", "10/2026 08:30", "03/10/2026 25:00"])
def test_what_is_no_date(typed: str) -> None:
    assert reading(field(read_body(RESULT), "effectiveDateTime"), typed) is None


def told_backwards(resource: Json, **typed: str) -> list[str]:
    """What it says of dates that were typed, by their last names."""
    found = {one.path[-1]: one for one in fields_of(resource)}
    values = {found[name]: reading(found[name], text) for name, text in typed.items()}
    return [f"{one.label} {one.text}" for one in backwards(resource, values)]


STAY = {"start": "2026-05-03T08:00:25+07:00", "end": "2026-05-07T10:00:00+07:00"}


@pytest.mark.parametrize(
    ("typed", "end"),
    [
        ({"end": "02/05/2026"}, "end 02/05/2026"),
        ({"end": "03/05/2026 07:59"}, "end 03/05/2026 07:59"),
        ({"end": "04/2026"}, "end 04/2026"),
        ({"end": "03/05/2026 08:00"}, None),
        ({"end": "03/05/2026"}, None),
        ({"end": "05/2026"}, None),
        ({"end": "2026"}, None),
        ({"start": "08/05/2026", "end": "09/05/2026"}, None),
    ],
)
def test_what_would_end_before_it_begins_is_told_as_far_as_it_is_sure(
    typed: dict[str, str], end: str | None
) -> None:
    encounter = {"resourceType": "Encounter", "period": STAY}
    assert told_backwards(encounter, **typed) == (["start 03/05/2026 08:00", end] if end else [])


@pytest.mark.parametrize(
    ("type_", "elements", "typed"),
    [
        (
            "Condition",
            {"onsetDateTime": "2019", "abatementDateTime": "2020-03"},
            {"onsetDateTime": "04/2020"},
        ),
        (
            "AllergyIntolerance",
            {"onsetDateTime": "2019", "lastOccurrence": "2020"},
            {"onsetDateTime": "2021"},
        ),
        ("Encounter", {"period": STAY}, {"start": "08/05/2026"}),
        (
            "MedicationDispense",
            {"whenPrepared": "2026-05-03", "whenHandedOver": "2026-05-03"},
            {"whenHandedOver": "02/05/2026"},
        ),
        (
            "MedicationRequest",
            {"authoredOn": "2026-05-03", "dispenseRequest": {"validityPeriod": {"end": "2026-05-08"}}},
            {"authoredOn": "03/06/2026"},
        ),
    ],
)
def test_beginnings_and_ends_that_are_compared(type_: str, elements: Json, typed: dict[str, str]) -> None:
    resource = {"resourceType": type_, **elements}
    told = told_backwards(resource, **typed)
    assert len(told) == 2
    assert [text for text in typed.values() if any(text in one for one in told)]
    assert all(f"correction.field.{one.partition(' ')[0]}" in catalogue("vi") for one in told)
    assert told_backwards(resource) == [], "nothing of it was typed"


def test_what_was_backwards_before_does_not_hinder_another_correction() -> None:
    report = {"resourceType": "Condition", "onsetDateTime": "2021", "abatementDateTime": "2020"}
    assert backwards(report, {}) == []
    assert told_backwards(report, onsetDateTime="2019") == []


@given(resources(*sorted(TYPES)))
def test_every_valid_resource_can_be_looked_at_and_corrected(resource: Json) -> None:
    read = read_body(orjson.dumps(resource))
    typed = {one: reading(one, "2026") for one in fields_of(read)}
    done = orjson.loads(corrected(read, typed, error=True))
    assert is_error(done)
    assert [issue for issue in validate(done, "") if issue not in validate(resource, "")] == []
    for one in fields_of(read):
        assert f"correction.field.{one.label}" in catalogue("vi")

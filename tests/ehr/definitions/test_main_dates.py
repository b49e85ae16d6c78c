"""The date by which a clinician would sort, as it is written."""

from typing import Any

import pytest

from ehr.definitions import main_date, main_period

DAY, NOON, NEXT = "2024-05-01", "2024-05-01T12:00:00+07:00", "2024-05-02"


@pytest.mark.parametrize(
    ("resource", "start", "end"),
    [
        ({"resourceType": "Encounter", "period": {"start": DAY, "end": NEXT}}, DAY, NEXT),
        ({"resourceType": "Encounter", "period": {"start": DAY}}, DAY, None),
        ({"resourceType": "Encounter", "period": {"end": DAY}}, None, DAY),
        ({"resourceType": "Encounter", "period": {"id": "x"}}, None, None),
        ({"resourceType": "Encounter"}, None, None),
        ({"resourceType": "Observation", "effectiveDateTime": DAY, "issued": NOON}, DAY, DAY),
        ({"resourceType": "Observation", "effectiveInstant": NOON}, NOON, NOON),
        ({"resourceType": "Observation", "effectivePeriod": {"id": "x"}, "issued": NOON}, NOON, NOON),
        ({"resourceType": "Observation", "_effectiveDateTime": {"id": "x"}, "issued": NOON}, NOON, NOON),
        ({"resourceType": "Observation", "effectiveTiming": {"event": [None, DAY, NEXT]}}, DAY, NEXT),
        (
            {"resourceType": "Observation", "effectiveTiming": {"repeat": {"boundsPeriod": {"start": DAY}}}},
            DAY,
            None,
        ),
        ({"resourceType": "Observation", "effectiveTiming": {"code": {"text": "x"}}}, None, None),
        ({"resourceType": "Condition", "onsetAge": {"value": 4}, "recordedDate": DAY}, DAY, DAY),
        ({"resourceType": "Condition", "onsetString": "x"}, None, None),
        ({"resourceType": "Immunization", "occurrenceString": "x", "recorded": DAY}, DAY, DAY),
        ({"resourceType": "Procedure", "performedPeriod": {"start": NEXT, "end": DAY}}, NEXT, DAY),
        ({"resourceType": "MedicationRequest", "authoredOn": "2024"}, "2024", "2024"),
        ({"resourceType": "DiagnosticReport", "issued": NOON}, NOON, NOON),
        ({"resourceType": "DocumentReference", "context": {"period": {"start": DAY}}}, DAY, None),
        ({"resourceType": "Claim", "created": DAY}, DAY, DAY),
        ({"resourceType": "Specimen", "collection": {"collectedDateTime": DAY}}, DAY, DAY),
        ({"resourceType": "Appointment", "requestedPeriod": [{"start": DAY}, {"start": NEXT}]}, DAY, None),
        ({"resourceType": "Patient", "birthDate": DAY}, None, None),
    ],
)
def test_main_period(resource: dict[str, Any], start: str | None, end: str | None) -> None:
    assert main_period(resource) == (start, end)
    assert main_date(resource) == (start or end)

"""What is included with matches: https://hl7.org/fhir/R4/search.html#include."""

from tests.fhir_api.running import Door, Json


def included(bundle: Json) -> list[str]:
    told = (entry["resource"] for entry in bundle["entry"] if entry["search"]["mode"] == "include")
    return sorted(f"{one['resourceType']}/{one['id']}" for one in told)


def test_what_two_ways_lead_to_is_included_once(door: Door) -> None:
    to_doctor, to_visit = {"reference": "Practitioner/p"}, {"reference": "Encounter/e"}
    door.put({"resourceType": "Practitioner", "id": "p"})
    door.put(
        {
            "resourceType": "Encounter",
            "id": "e",
            "status": "finished",
            "class": {"code": "AMB"},
            "participant": [{"individual": to_doctor}],
        }
    )
    door.put(
        {
            "resourceType": "MedicationRequest",
            "id": "m",
            "status": "active",
            "intent": "order",
            "medicationCodeableConcept": {"text": "Thuốc thử"},
            "subject": {"display": "Người thử"},
            "requester": to_doctor,
            "encounter": to_visit,
        }
    )
    steps = "_include=MedicationRequest:requester&_include=MedicationRequest:encounter"
    bundle = door.json(f"MedicationRequest?{steps}&_include:iterate=Encounter:participant")
    assert included(bundle) == ["Encounter/e", "Practitioner/p"]

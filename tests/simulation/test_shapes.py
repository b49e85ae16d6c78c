"""Every resource is valid FHIR R4, by two judges: the models of fhir.resources and the record's intake."""

from collections.abc import Iterable

import orjson
import pytest
from fhir.resources.R4B import get_fhir_model_class
from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.patient import Patient
from pydantic import ValidationError

from fhir_api.intake import validate
from simulation import systems
from simulation.province import Province, Sending
from simulation.shapes.elements import checked
from tests.simulation.looking import Json, entries, resources

KINDS = {
    *(
        "Organization",
        "Location",
        "Practitioner",
        "PractitionerRole",
        "Patient",
        "RelatedPerson",
        "Encounter",
    ),
    *("Condition", "Observation", "DiagnosticReport", "MedicationRequest", "Immunization", "Procedure"),
    *("ServiceRequest", "AllergyIntolerance", "Composition"),
}
SYSTEMS = {value for name, value in vars(systems).items() if name.isupper() and isinstance(value, str)}


def test_every_kind_is_there(sendings: tuple[Sending, ...]) -> None:
    assert {entry["resource"]["resourceType"] for entry in entries(sendings)} == KINDS


@pytest.mark.parametrize("apart", [False, True], ids=["shared", "apart"])
def test_fhir_resources_would_write_every_resource_just_so(
    apart: bool, sendings: tuple[Sending, ...], sendings_apart: tuple[Sending, ...]
) -> None:
    for entry in entries(sendings_apart if apart else sendings):
        resource = entry["resource"]
        model = get_fhir_model_class(resource["resourceType"]).model_validate(resource)
        assert orjson.loads(model.model_dump_json()) == orjson.loads(orjson.dumps(resource))


def test_a_shape_that_is_none_is_refused() -> None:
    with pytest.raises(ValidationError):
        checked(Patient, {"active": "perhaps"})


def test_fhir_resources_accepts_whole_bundles(sendings: tuple[Sending, ...]) -> None:
    for sending in sendings[::25]:
        assert Bundle.model_validate(sending.bundle).get_resource_type() == "Bundle"


@pytest.mark.parametrize("apart", [False, True], ids=["shared", "apart"])
def test_intake_accepts_every_bundle(
    apart: bool, sendings: tuple[Sending, ...], sendings_apart: tuple[Sending, ...]
) -> None:
    refused = [
        issue for s in (sendings_apart if apart else sendings) for issue in validate(s.bundle, "Bundle")
    ]
    assert refused == []


def test_another_province_is_as_valid() -> None:
    refused = [
        issue for sending in Province(3, 40, code="15") for issue in validate(sending.bundle, "Bundle")
    ]
    assert refused == []


def uris(part: object) -> Iterable[str]:
    if isinstance(part, list):
        for item in part:
            yield from uris(item)
    elif isinstance(part, dict):
        yield from (part[name] for name in ("system", "url") if isinstance(part.get(name), str))
        for item in part.values():
            yield from uris(item)


def test_every_uri_is_in_the_constants_module(sendings: tuple[Sending, ...]) -> None:
    written = {
        uri for entry in entries(sendings) for uri in uris(entry["resource"]) if uri.startswith("http")
    }
    assert written <= SYSTEMS


def measured(sendings: tuple[Sending, ...]) -> list[Json]:
    return [o for o in resources(sendings, "Observation") if "valueQuantity" in o]


def test_measurements_carry_units(sendings: tuple[Sending, ...]) -> None:
    assert measured(sendings)
    for observation in measured(sendings):
        assert observation["valueQuantity"].keys() == {"value", "unit", "system", "code"}


def test_results_are_judged_by_their_ranges(sendings: tuple[Sending, ...]) -> None:
    judged = [o for o in measured(sendings) if "interpretation" in o]
    seen = set()
    for observation in judged:
        (limits,) = observation["referenceRange"]
        low = limits.get("low", {"value": float("-inf")})["value"]
        high = limits.get("high", {"value": float("inf")})["value"]
        value = observation["valueQuantity"]["value"]
        right = "L" if value < low else "H" if value > high else "N"
        assert observation["interpretation"][0]["coding"][0]["code"] == right
        seen.add(right)
    assert seen == {"L", "N", "H"}


def test_prescriptions_say_in_vietnamese_how_to_take_them(sendings: tuple[Sending, ...]) -> None:
    prescriptions = resources(sendings, "MedicationRequest")
    assert prescriptions
    for prescription in prescriptions:
        text = prescription["dosageInstruction"][0]["text"]
        assert " mỗi lần " in text
        assert text.endswith("ngày")
        assert prescription["medicationCodeableConcept"]["coding"][0]["system"] == systems.ATC


def test_facility_codes_are_marked_as_invented(sendings: tuple[Sending, ...]) -> None:
    for organization in resources(sendings, "Organization"):
        (code,) = organization["identifier"]
        assert code["value"][2] == "9"
        assert "mô phỏng" in code["assigner"]["display"]

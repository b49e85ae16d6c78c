"""Patients and Encounters of a small place, as facilities write them."""

from typing import Any

Json = dict[str, Any]

SID = "http://fhir.ehealth.gov.vn/core/sid"
ADMINISTRATIVE = "http://fhir.ehealth.gov.vn/core/StructureDefinition/extension-administrative-address"


def patient(id_: str, name: str | None = None, birth: str | None = None, **more: Any) -> Json:
    """A Patient; ``cccd`` and ``bhyt`` are numbers, ``commune`` is (code, name), the rest are elements."""
    numbers = {"national_id": more.pop("cccd", None), "insurance_number": more.pop("bhyt", None)}
    commune = more.pop("commune", None)
    identifiers = [{"system": f"{SID}/{kind}", "value": value} for kind, value in numbers.items() if value]
    return {
        "resourceType": "Patient",
        "id": id_,
        **({"identifier": identifiers} if identifiers else {}),
        **({"name": [{"text": name}]} if name else {}),
        **({"birthDate": birth} if birth else {}),
        **({"address": [address(*commune)]} if commune else {}),
        **more,
    }


def address(code: str, name: str) -> Json:
    """An Address in a commune of Quảng Trị."""
    units = (("ward", code, name), ("state", "44", "Tỉnh Quảng Trị"))
    return {
        "use": "home",
        "text": f"Thôn Mẫu, {name}",
        "extension": [
            {
                "url": ADMINISTRATIVE,
                "extension": [
                    {"url": url, "valueCodeableConcept": {"coding": [{"code": code, "display": display}]}}
                    for url, code, display in units
                ],
            }
        ],
    }


def encounter(id_: str, patient_id: str | None, starts: str | None, **more: Any) -> Json:
    """An Encounter, finished unless ``status`` says otherwise."""
    return {
        "resourceType": "Encounter",
        "id": id_,
        "status": "finished",
        "class": {"code": "AMB"},
        **({"subject": {"reference": f"Patient/{patient_id}"}} if patient_id else {}),
        **({"period": {"start": starts}} if starts else {}),
        **more,
    }


def organization(
    id_: str, code: str, name: str, commune: tuple[str, str] = ("19435", "Xã Hướng Lập")
) -> Json:
    """A facility."""
    return {
        "resourceType": "Organization",
        "id": id_,
        "identifier": [{"system": f"{SID}/provider-code", "value": code}],
        "name": name,
        "address": [address(*commune)],
    }

"""Patients as facilities write them, and what is read of them."""

from typing import Any

from ehr.matching.captured import CAPTURED
from ehr.matching.judging import Verdict, judge
from ehr.matching.person import Person, person_of

Json = dict[str, Any]

CORE = "http://fhir.ehealth.gov.vn/core/sid"
OWN = "http://fhir.example.vn/sid"
ADMINISTRATIVE = "http://fhir.ehealth.gov.vn/core/StructureDefinition/extension-administrative-address"

CCCD = "045090000017"
OTHER_CCCD = "045090987654"
BHYT = "GD4454500000017"


def number(kind: str, value: str, captured: str | None = None, **more: Any) -> Json:
    """An Identifier; kind: the last part of its system."""
    known = kind in ("national_id", "citizen_id", "insurance_number", "passport_number")
    stated: Json = {"system": f"{CORE if known else OWN}/{kind}", "value": value, **more}
    if captured:
        stated["extension"] = [{"url": CAPTURED, "valueCode": captured}]
    return stated


def cccd(value: str = CCCD, captured: str | None = "qr", **more: Any) -> Json:
    return number("national_id", value, captured, **more)


def address(commune: str, version: str = "2025-07-01", province: str = "44", **more: Any) -> Json:
    units = (("ward", commune, version), ("state", province, "2025-07-01"))
    return {
        **more,
        "extension": [
            {
                "url": ADMINISTRATIVE,
                "extension": [
                    {"url": url, "valueCodeableConcept": {"coding": [{"code": code, "version": listed}]}}
                    for url, code, listed in units
                ],
            }
        ],
    }


def mother(name: str) -> Json:
    return {"relationship": [{"coding": [{"code": "MTH"}]}], "name": {"text": name}}


def patient(name: str | None = "Hồ Văn Thử", birth: str | None = "1990-05-15", **more: Any) -> Json:
    """A man of Hướng Lập; None leaves out. commune, phone, numbers and mother are short for elements."""
    commune, phone, mothers = more.pop("commune", "19435"), more.pop("phone", None), more.pop("mother", None)
    stated: Json = {
        "resourceType": "Patient",
        "name": [{"text": name}] if name else None,
        "gender": "male",
        "birthDate": birth,
        "address": [address(commune)] if commune else None,
        "telecom": [{"system": "phone", "value": phone}] if phone else None,
        "contact": [mother(mothers)] if mothers else None,
        "identifier": more.pop("numbers", None),
        **more,
    }
    return {element: value for element, value in stated.items() if value is not None}


def person(*given: Any, **more: Any) -> Person:
    return person_of(patient(*given, **more))


def judged(one: Json | Person, other: Json | Person) -> Verdict:
    some, others = (person_of(each) if isinstance(each, dict) else each for each in (one, other))
    return judge(some, others)


def levels(verdict: Verdict) -> dict[str, str]:
    return {evidence.field: evidence.level for evidence in verdict.evidence}

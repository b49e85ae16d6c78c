"""Patient and RelatedPerson."""

from __future__ import annotations

from functools import cache
from typing import Any

from fhir.resources.R4B.patient import Patient
from fhir.resources.R4B.relatedperson import RelatedPerson

from simulation import systems
from simulation.citizens import Citizen, Mother
from simulation.code_lists import Commune, ethnic_groups
from simulation.facilities import Facility
from simulation.names import Name
from simulation.numbers import serial_of
from simulation.shapes.elements import TEST_DATA, Json, checked, concept, identifier

_NOBODY = "Người bệnh chưa rõ danh tính"


@cache
def _patient() -> Json:
    return checked(Patient, {"meta": TEST_DATA, "active": True})


@cache
def _mother() -> Json:
    relation = concept(systems.FAMILY_ROLE, "MTH", "mother", "Mẹ")
    patient = {"reference": "urn:uuid:00000000-0000-4000-8000-000000000000"}
    return checked(RelatedPerson, {"active": True, "patient": patient, "relationship": [relation]})


def patient_key(citizen: Citizen, seed: int, facility: Facility | None) -> tuple[str, str]:
    """Identifier system and value by which a Patient is found: the shared number, or the facility's own."""
    if facility is None:
        return citizen.key
    return systems.patient_number_at(facility.code), f"BN{serial_of(seed, citizen.index):06d}"


def patient(citizen: Citizen, seed: int, facility: Facility | None) -> Json:
    """The person as a facility registers them; with a facility given, under its own number too."""
    own = [identifier(*patient_key(citizen, seed, facility), "PI", use="secondary")] if facility else []
    return {
        **_patient(),
        "identifier": [*own, *_identifiers(citizen)],
        "name": [_name(citizen)],
        **({"telecom": [_telephone(citizen.phone)]} if citizen.phone else {}),
        "gender": "female" if citizen.female else "male",
        **({"birthDate": citizen.birth_text} if citizen.birth_text else {}),
        **({"deceasedDateTime": citizen.died.isoformat()} if citizen.died else {}),
        **({"address": [_address(citizen)]} if citizen.hamlet else {}),
        **({"extension": [_ethnic_group(citizen.ethnic)]} if citizen.ethnic else {}),
    }


def mother_key(citizen: Citizen, seed: int, facility: Facility | None) -> tuple[str, str]:
    """Identifier system and value of the RelatedPerson: it belongs to the child's Patient."""
    child = f"{facility.code}-BN" if facility else citizen.key[1]
    return systems.RELATIVE_NUMBER, f"{child}-{serial_of(seed, citizen.index):06d}-ME"


def related_mother(mother: Mother, subject: Json, key: tuple[str, str]) -> Json:
    """The mother of a newborn: never a link between two Patients."""
    number = mother.national_number
    national = [identifier(systems.NATIONAL_ID, number, "NI")] if number else []
    return {
        **_mother(),
        "identifier": [identifier(*key), *national],
        "patient": subject,
        "name": [human_name(mother.name)],
        "gender": "female",
        **({"birthDate": mother.birth_text} if mother.birth_text else {}),
    }


def human_name(name: Name) -> Json:
    """Surname, middle and given names, and the whole in Vietnamese order."""
    return {"use": "official", "text": name.text, "family": name.family, "given": list(name.given)}


def _identifiers(citizen: Citizen) -> list[Json]:
    start = {"period": {"start": "2025-01-01"}}
    kinds: tuple[tuple[str, str | None, str, dict[str, Any]], ...] = (
        (systems.NATIONAL_ID, citizen.national_number, "NI", {"use": "official"}),
        (systems.INSURANCE_NUMBER, citizen.insurance, "SB", start),
        (systems.OLD_CITIZEN_ID, citizen.old_card, "NI", {"use": "old"}),
        (systems.TEMPORARY_ID, citizen.temporary, "", {"use": "temp"}),
    )
    return [identifier(system, value, kind, **more) for system, value, kind, more in kinds if value]


def _name(citizen: Citizen) -> Json:
    if citizen.name is None:
        return {"use": "anonymous", "text": _NOBODY}
    if citizen.mother:
        return {"use": "temp", "text": citizen.name.text}
    return human_name(citizen.name)


def _telephone(number: str) -> Json:
    return {"system": "phone", "value": number, "use": "mobile"}


def _address(citizen: Citizen) -> Json:
    commune = citizen.commune
    return {
        "extension": [administrative_address(commune)],
        "use": "home",
        "text": f"{citizen.hamlet}, {commune.name}, {commune.province_name}",
        "line": [citizen.hamlet],
        "country": "VN",
    }


@cache
def administrative_address(commune: Commune) -> Json:
    """Commune and province by code; a code without the date of its list would be ambiguous."""
    units = (
        ("ward", systems.COMMUNE, commune.code, commune.name),
        ("state", systems.PROVINCE, commune.province, commune.province_name),
    )
    parts = [{"url": url, "valueCodeableConcept": _unit(*unit)} for url, *unit in units]
    return {"url": systems.ADMINISTRATIVE_ADDRESS, "extension": parts}


def _unit(system: str, code: str, name: str) -> Json:
    version = systems.ADMINISTRATIVE_UNITS_VERSION
    return {"coding": [{"system": system, "version": version, "code": code, "display": name}]}


@cache
def _ethnic_group(code: str) -> Json:
    group = concept(systems.ETHNIC_GROUP, code, ethnic_groups()[code])
    return {"url": systems.ETHNIC_GROUP_EXTENSION, "valueCodeableConcept": group}

"""What a facility says of somebody, and the Patient that says it. Both generators of people speak of this."""

from dataclasses import dataclass, field

from ehr.addresses import ADMINISTRATIVE_ADDRESS
from ehr.matching.captured import CAPTURED

Json = dict[str, object]

FORMER, TODAY = "2024-01-01", "2025-07-01"
"""Dates of the lists of communes before and after the merger."""


@dataclass
class Numbered:
    """An Identifier. captured: "" where the extension is left out."""

    system: str
    value: str
    captured: str = ""
    old: bool = False


@dataclass
class Registration:
    """One Patient. person: the truth, which no Patient says. groups: for which figures are told apart."""

    person: int
    name: str
    birth: str
    sex: str
    province: str
    commune: str
    listed: str = TODAY
    telephone: str = ""
    mother: str = ""
    numbers: list[Numbered] = field(default_factory=list)
    birth_order: int | None = None
    groups: frozenset[str] = frozenset()


def patient_of(said: Registration) -> Json:
    """The Patient as a facility would write it."""
    stated: Json = {
        "resourceType": "Patient",
        "name": [{"use": "official", "text": said.name}] if said.name else [],
        "identifier": [_identifier(one) for one in said.numbers],
        "address": [_address(said)] if said.commune else [],
        "telecom": [{"system": "phone", "value": said.telephone}] if said.telephone else [],
        "contact": [_mother(said.mother)] if said.mother else [],
        "gender": said.sex,
        "birthDate": said.birth,
        "multipleBirthInteger": said.birth_order,
    }
    return {element: value for element, value in stated.items() if value}


def _identifier(number: Numbered) -> Json:
    stated: Json = {"system": number.system, "value": number.value}
    if number.old:
        stated["use"] = "old"
    if number.captured:
        stated["extension"] = [{"url": CAPTURED, "valueCode": number.captured}]
    return stated


def _address(said: Registration) -> Json:
    units = [_unit("ward", said.commune, said.listed), _unit("state", said.province, TODAY)]
    return {"use": "home", "extension": [{"url": ADMINISTRATIVE_ADDRESS, "extension": units}]}


def _unit(kind: str, code: str, listed: str) -> Json:
    return {"url": kind, "valueCodeableConcept": {"coding": [{"code": code, "version": listed}]}}


def _mother(name: str) -> Json:
    coding = {"system": "http://terminology.hl7.org/CodeSystem/v3-RoleCode", "code": "MTH"}
    return {"relationship": [{"coding": [coding]}], "name": {"text": name}}

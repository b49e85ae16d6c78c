"""Every modifier and every prefix that the capability statement claims, for each type of parameter.

https://hl7.org/fhir/R4/search.html#modifiers, #prefix
"""

import re
from collections.abc import Iterator
from urllib.parse import quote

import pytest

from ehr.definitions import RESOURCE_TYPES
from tests.fhir_api.running import Door, Json

KIND = {"coding": [{"system": "http://example.org/kinds", "code": "NI", "display": "Số định danh"}]}
PATIENT: Json = {
    "resourceType": "Patient",
    "id": "1",
    "meta": {"source": "http://example.org/fhir/of/1"},
    "identifier": [{"system": "http://example.org/numbers", "value": "001", "type": KIND}],
    "name": [{"family": "Nguyễn", "given": ["Thị Ánh"]}],
    "gender": "female",
    "birthDate": "1990-05-10",
    "generalPractitioner": [
        {"reference": "Practitioner/1", "identifier": {"system": "http://example.org/numbers", "value": "2"}}
    ],
}
OBSERVATION: Json = {
    "resourceType": "Observation",
    "id": "1",
    "status": "final",
    "code": {"coding": [{"system": "http://loinc.org", "code": "8867-4"}]},
    "subject": {"reference": "Patient/1"},
    "valueQuantity": {
        "value": 7.5,
        "unit": "mmol/L",
        "system": "http://unitsofmeasure.org",
        "code": "mmol/L",
    },
}
RISK: Json = {
    "resourceType": "RiskAssessment",
    "id": "1",
    "status": "final",
    "subject": {"reference": "Patient/1"},
    "prediction": [{"probabilityDecimal": 7.5}],
}

MODIFIED = {
    ("token", "missing"): ("Patient?gender:missing=false", "Patient?gender:missing=true"),
    ("token", "not"): ("Patient?gender:not=male", "Patient?gender:not=female"),
    ("token", "text"): ("Patient?identifier:text=dinh", "Patient?identifier:text=danh số"),
    ("token", "of-type"): (
        "Patient?identifier:of-type=http://example.org/kinds|NI|001",
        "Patient?identifier:of-type=http://example.org/kinds|NI|002",
    ),
    ("string", "missing"): ("Patient?name:missing=false", "Patient?name:missing=true"),
    ("string", "exact"): ("Patient?family:exact=Nguyễn", "Patient?family:exact=nguyen"),
    ("string", "contains"): ("Patient?family:contains=GUY", "Patient?family:contains=guyan"),
    ("reference", "missing"): (
        "Patient?general-practitioner:missing=false",
        "Patient?general-practitioner:missing=true",
    ),
    ("reference", "identifier"): (
        "Patient?general-practitioner:identifier=http://example.org/numbers|2",
        "Patient?general-practitioner:identifier=http://example.org/numbers|1",
    ),
    ("reference", "Practitioner"): (
        "Patient?general-practitioner:Practitioner=1",
        "Patient?general-practitioner:Practitioner=2",
    ),
    ("reference", "Organization"): ("Patient?_id=1", "Patient?general-practitioner:Organization=1"),
    ("uri", "missing"): ("Patient?_source:missing=false", "Patient?_source:missing=true"),
    ("uri", "above"): (
        "Patient?_source:above=http://example.org/fhir/of/1/2",
        "Patient?_source:above=http://example.org/fhir/of",
    ),
    ("uri", "below"): (
        "Patient?_source:below=http://example.org/fhir",
        "Patient?_source:below=http://example.org/fhir/o",
    ),
    ("date", "missing"): ("Patient?birthdate:missing=false", "Patient?birthdate:missing=true"),
    ("number", "missing"): (
        "RiskAssessment?probability:missing=false",
        "RiskAssessment?probability:missing=true",
    ),
    ("quantity", "missing"): (
        "Observation?value-quantity:missing=false",
        "Observation?value-quantity:missing=true",
    ),
    ("composite", "missing"): (
        "Observation?code-value-quantity:missing=false",
        "Observation?code-value-quantity:missing=true",
    ),
}
"""(type of parameter, modifier) -> (a search that finds the resource, one that does not)."""

PREFIXED = {
    "eq": ("7.5", "7.4"),
    "ne": ("7.4", "7.5"),
    "gt": ("7.4", "7.5"),
    "lt": ("7.6", "7.5"),
    "ge": ("7.5", "7.6"),
    "le": ("7.5", "7.4"),
    "sa": ("7.4", "7.5"),
    "eb": ("7.6", "7.5"),
    "ap": ("8", "8.4"),
}
"""Prefix -> (a number that finds 7.5, one that does not)."""

DATED = {
    "eq": ("1990-05", "1990-06"),
    "ne": ("1990-06", "1990-05"),
    "gt": ("1990-05-09", "1990-05-10"),
    "lt": ("1990-06", "1990-05-10"),
    "ge": ("1990-05-10", "1990-05-11"),
    "le": ("1990-05-10", "1990-05-09"),
    "sa": ("1990-05-09", "1990-05"),
    "eb": ("1990-06", "1990-05"),
    "ap": ("1990-05-11", "1990-05-12"),
}
"""Prefix -> (a date that finds the tenth of May 1990, one that does not)."""

ADDRESSES = {
    "date": ("Patient?birthdate=", DATED),
    "number": ("RiskAssessment?probability=", PREFIXED),
    "quantity": ("Observation?value-quantity=", PREFIXED),
}


@pytest.fixture(scope="module")
def claims(door: Door) -> list[Json]:
    """What is claimed of search parameters."""
    for resource in (PATIENT, OBSERVATION, RISK):
        door.put(resource)
    resources = door.json("metadata")["rest"][0]["resource"]
    return [parameter for resource in resources for parameter in resource["searchParam"]]


def after(title: str, parameter: Json) -> list[str]:
    """The words that the documentation of a parameter has after a title."""
    found = re.search(rf"{title}: ([^.]*)", parameter["documentation"])
    return found[1].split() if found else []


def found(door: Door, url: str) -> bool:
    name, _, text = url.partition("=")
    return bool(door.json(f"{name}={quote(text)}")["total"])


def test_every_modifier_that_is_claimed_is_tried(claims: list[Json]) -> None:
    claimed = {(one["type"], word[1:]) for one in claims for word in after("Modifiers", one)}
    assert claimed == {pair for pair in MODIFIED if pair[1] not in RESOURCE_TYPES}
    types = {word for one in claims for word in after("To, and as modifiers", one)}
    assert {"Practitioner", "Organization"} <= types
    assert types - {"nearly", "any", "type"} <= RESOURCE_TYPES


@pytest.mark.parametrize("pair", MODIFIED, ids=":".join)
def test_every_modifier(door: Door, claims: list[Json], pair: tuple[str, str]) -> None:
    assert claims
    finds, misses = MODIFIED[pair]
    assert (found(door, finds), found(door, misses)) == (True, False)


def prefixes() -> Iterator[tuple[str, str]]:
    return ((type_, prefix) for type_, (_, texts) in ADDRESSES.items() for prefix in texts)


def test_every_prefix_that_is_claimed_is_tried(claims: list[Json]) -> None:
    assert {(one["type"], word) for one in claims for word in after("Prefixes", one)} == {*prefixes()}


@pytest.mark.parametrize(("type_", "prefix"), list(prefixes()))
def test_every_prefix(door: Door, claims: list[Json], type_: str, prefix: str) -> None:
    assert claims
    address, texts = ADDRESSES[type_]
    assert tuple(found(door, address + prefix + text) for text in texts[prefix]) == (True, False)

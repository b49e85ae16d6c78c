"""The references of a resource: to its Patients, to its Encounters, and all of them.

Every function here takes a resource that intake has accepted, as a dict of JSON values.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from ehr.definitions.tables import RESOURCE_TYPES, Path_, encounter_paths, subject_paths
from ehr.values import ID

_SUBJECTS = {name: subject_paths(name) for name in RESOURCE_TYPES}
_ENCOUNTERS = {name: encounter_paths(name) for name in RESOURCE_TYPES}

NO_LINKS: Mapping[str, str] = MappingProxyType({})

_PATIENT = re.compile(rf"(Patient/{ID.pattern})(?:/_history/{ID.pattern})?")
_ENCOUNTER = re.compile(rf"(Encounter/{ID.pattern})(?:/_history/{ID.pattern})?")

NOT_REFERENCES = ("resourceType", "language", "_language")
"""Keys that tell DetectedIssue and Expression, which have a uri named ``reference``, from a Reference."""


def patient_references(resource: dict[str, Any], links: Mapping[str, str] = NO_LINKS) -> set[str]:
    """Local Patients in whose compartment the resource is, as ``Patient/id`` without a version.

    links: new targets of references that a transaction rewrites (``urn:uuid:…`` -> ``Patient/1``). A
    Patient is its own, once it has an id. Absolute, contained, logical and ``urn:`` references are left
    out.
    """
    kind = resource["resourceType"]
    if kind == "Patient":
        return {f"Patient/{resource['id']}"} if "id" in resource else set()
    return _literal(resource, _SUBJECTS[kind], _PATIENT, links)


def encounter_references(resource: dict[str, Any], links: Mapping[str, str] = NO_LINKS) -> set[str]:
    """Local Encounters to which the resource belongs, as ``Encounter/id`` without a version."""
    return _literal(resource, _ENCOUNTERS[resource["resourceType"]], _ENCOUNTER, links)


def references(resource: dict[str, Any]) -> list[str]:
    """Every Reference.reference of the resource and its contained ones, in document order, as written."""
    found: list[str] = []
    _walk(resource, found)
    return found


def _literal(
    resource: dict[str, Any], paths: tuple[Path_, ...], form: re.Pattern[str], links: Mapping[str, str]
) -> set[str]:
    found: set[str] = set()
    for path in paths:
        if path[0] in resource:
            _follow(resource[path[0]], path, 1, found)
    matches = (form.fullmatch(links.get(reference, reference)) for reference in found)
    return {match[1] for match in matches if match}


def _follow(node: Any, path: Path_, depth: int, found: set[str]) -> None:
    if node.__class__ is list:
        for item in node:
            _follow(item, path, depth, found)
    elif depth < len(path):
        if path[depth] in node:
            _follow(node[path[depth]], path, depth + 1, found)
    elif "reference" in node:
        found.add(node["reference"])


def _walk(node: dict[str, Any], found: list[str]) -> None:
    for key, value in node.items():
        kind = value.__class__
        if kind is dict:
            _walk(value, found)
        elif kind is list:
            _walk_list(key, value, found)
        elif key == "reference" and kind is str and not any(mark in node for mark in NOT_REFERENCES):
            found.append(value)


def _walk_list(key: str, values: list[Any], found: list[str]) -> None:
    # Immunization.education.reference is a uri; no other element is named education (tested).
    if key == "education":
        values = [{name: value for name, value in item.items() if name != "reference"} for item in values]
    for value in values:
        if value.__class__ is dict:
            _walk(value, found)

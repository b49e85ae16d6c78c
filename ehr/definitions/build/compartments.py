"""Where a resource refers to its Patient and to its Encounter.

Source: the CompartmentDefinitions ``patient`` and ``encounter`` with the expressions of the search parameters
that they name, https://hl7.org/fhir/R4/compartmentdefinition.html.
"""

import re

from ehr.definitions.build.package import CORE, Package

Paths = dict[str, list[str]]
"""Resource type -> paths of Reference elements below the resource, e.g. ``participant.actor``."""

ENCOUNTER = f"{CORE}StructureDefinition/Encounter"

BEYOND_THE_COMPARTMENT: Paths = {"Provenance": ["target"]}
"""May refer to any resource, so the Encounter is not named in the definitions, but is what is meant."""


OUTSIDE_ANY_COMPARTMENT: Paths = {
    "Contract": ["subject"],
    "Device": ["patient"],
    "GuidanceResponse": ["subject"],
    "Task": ["for"],
}
"""Types that no Patient compartment holds, and where they say all the same whom they are about."""


def subject_paths(package: Package) -> Paths:
    """Elements that say which Patient a resource is about: those that put it into a Patient compartment, or
    those of ``OUTSIDE_ANY_COMPARTMENT``. Patient itself is its own subject."""
    found = OUTSIDE_ANY_COMPARTMENT | _compartment_paths(package, "patient")
    return {name: paths for name, paths in sorted(found.items()) if name != "Patient"}


def encounter_paths(package: Package) -> Paths:
    """Elements that refer to the Encounter in which something took place, which partOf does not."""
    found = _compartment_paths(package, "encounter")
    for extra in (_targeting_encounter(package), BEYOND_THE_COMPARTMENT):
        for name, paths in extra.items():
            known = found.setdefault(name, [])
            known.extend(path for path in paths if path not in known)
    return {name: paths for name, paths in sorted(found.items()) if name != "Encounter"}


def _compartment_paths(package: Package, compartment: str) -> Paths:
    found: Paths = {}
    for name, codes in sorted(package.compartment(compartment).items()):
        expressions = [package.search_expression(name, code) for code in codes if not code.startswith("{")]
        paths = [path for expression in expressions for path in _paths(name, expression)]
        if paths:
            found[name] = list(dict.fromkeys(paths))
    return found


def _paths(name: str, expression: str) -> list[str]:
    """``A.b.where(resolve() is Patient) | C.d`` -> ``["b"]`` for A; other functions do not occur."""
    parts = [part.strip() for part in expression.split("|") if part.strip().startswith(f"{name}.")]
    bare = [re.sub(r"\.where\(resolve\(\) is \w+\)$", "", part).removeprefix(f"{name}.") for part in parts]
    assert all(re.fullmatch(r"\w+(\.\w+)*", path) for path in bare), bare
    return bare


def _targeting_encounter(package: Package) -> Paths:
    found: Paths = {}
    for structure in package.structures():
        if structure["kind"] != "resource":
            continue
        for element in structure["snapshot"]["element"]:
            targets = [url for type_ in element.get("type", ()) for url in type_.get("targetProfile", ())]
            if ENCOUNTER in targets:
                found.setdefault(structure["type"], []).append(element["path"].partition(".")[2])
    return found

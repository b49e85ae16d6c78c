"""Departures from the schema said in words, at a FHIRPath."""

import re
from collections.abc import Iterator

from ehr.definitions import elements, type_names
from fhir_api.intake.issues import Issue
from fhir_api.intake.validator import Departure, Step

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
"""An unknown key that is no name is not repeated: it may be anything, personal data too."""

_OPERATORS = frozenset({"div"})
"""Names of elements that FHIRPath takes for operators, unless they stand in backticks
(http://hl7.org/fhirpath/N1/#identifiers)."""

EXTENSION_VALUE = "an extension has either extensions or a value (ext-1)"


def issues_of(departure: Departure, type_: str, at: str) -> Iterator[Issue]:
    """The issues of one departure in a resource of that type, which stands at the FHIRPath ``at``."""
    place = expression(type_, departure.path, at)
    match departure.rule:
        case [*_, "additionalProperties"]:
            yield from (_unknown(name, place) for name in departure.detail)
        case ["definitions", "Extension", "dependencies", "extension", "not"]:
            yield Issue("invariant", place, EXTENSION_VALUE)
        case [*_, "required"] | ["definitions", _, "allOf", _, "not"]:
            yield _of_element(departure, place, "required", "is required")
        case ["definitions", _, "dependencies", _, "not"] | ["definitions", _, "allOf", _, "allOf", 0, "not"]:
            yield _of_element(departure, place, "structure", "at most one of its types")
        case _:
            yield _of_value(departure, place)


def expression(type_: str, path: list[Step], at: str) -> str:
    """FHIRPath of a JSON path: ``valueQuantity`` is ``value`` there, ``_birthDate`` is ``birthDate``."""
    owner = type_
    for step in path:
        if isinstance(step, int):
            at += f"[{step}]"
        else:
            name, owner = _element(owner, step)
            at += f".{named(name)}"
    return at


def named(element: str) -> str:
    """An element's name as FHIRPath writes it."""
    return f"`{element}`" if element in _OPERATORS else element


def _element(owner: str, key: str) -> tuple[str, str]:
    """The element of a JSON key, and the type below it."""
    bare = key.removeprefix("_")
    for element in elements(owner) if owner in type_names() else ():
        type_ = element.types_by_key().get(bare)
        if type_ is not None:
            return element.name.removesuffix("[x]"), type_ if bare == key else "Element"
    return bare, ""


def _unknown(name: str, place: str) -> Issue:
    if NAME.fullmatch(name):
        return Issue("structure", f"{place}.{named(name)}", f"{name}: no such element here")
    return Issue("structure", place, "an element that does not exist here")


def _of_element(departure: Departure, place: str, code: str, text: str) -> Issue:
    name = departure.detail[0]
    return Issue(code, f"{place}.{named(name.removesuffix('[x]'))}", f"{name}: {text}")


def _of_value(departure: Departure, place: str) -> Issue:
    name = next((step for step in reversed(departure.path) if isinstance(step, str)), "resource")
    code, text = _wrong_value(departure)
    return Issue(code, place, f"{name}: {text}")


def _wrong_value(departure: Departure) -> tuple[str, str]:
    """(issue type, text) of a value that is wrong in itself."""
    match departure.rule:
        case [_, _, "properties", *_, "enum" | "pattern"] | [*_, "allOf", 1, "not"]:
            return "code-invalid", f"not one of the codes required by {departure.detail[0]}"
        case [*_, "maxLength"]:
            return "too-long", "longer than 1,048,576 characters"
        case [*_, "minItems" | "minProperties"]:
            return "structure", "must not be empty"
        case ["definitions", str(name), _] if name.startswith("primitive."):
            kind = name.removeprefix("primitive.").removeprefix("system.").removesuffix(".or-null")
            return "value", f"not a valid {kind}"
    return "structure", "has the wrong JSON type"

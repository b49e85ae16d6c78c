"""The CapabilityStatement (https://hl7.org/fhir/R4/capabilitystatement.html), made from the tables that the
server itself goes by: routes, search parameters and resource types. So it cannot claim what is not there."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from ehr.definitions import RESOURCE_TYPES
from ehr.definitions.search_parameters import SearchParameter
from ehr.targets import MOST_DELETED
from fhir_api.bundles import SEVERAL
from fhir_api.call import COMMON_PARAMETERS
from fhir_api.endpoint import Route
from fhir_api.operation_definitions import definition, is_operation
from fhir_api.searching.asking import COMPARTMENTS, TYPES
from fhir_api.searching.results import CONTROLS
from projections.search import dates
from projections.search.reading import modifiers_of, parameters_of

PUBLISHED = "2026-11-26"
"""When what this statement says changed last."""

MODE = "mode"
"""Asks for a part of the statement. A server may answer with the whole, and this one does
(https://hl7.org/fhir/R4/http.html#capabilities)."""

_TYPE = "{type}"
_COMPARTMENT = "http://hl7.org/fhir/CompartmentDefinition"
_SYSTEM = {
    "transaction": ("transaction", "batch"),
    "history-system": ("history-system",),
    "search-system": ("search-system",),
}
_DOCUMENTATION = (
    "Errors are OperationOutcomes.",
    "Conditions of conditional requests and references are searches by parameters of the resource itself: no "
    "chains, no `_has`, no `_lastUpdated`.",
    f"A conditional delete of several matches is refused (412), unless `{SEVERAL}=true` asks for all: "
    f"up to {MOST_DELETED:,}, all or none.",
    f"Every interaction takes {' and '.join(f'`{name}`' for name in sorted(COMMON_PARAMETERS))} (JSON only).",
    "A search takes besides these the parameters of its type and:",
    *(f"* `{name}`: {control.documentation}" for name, control in CONTROLS.items()),
    f"* `{TYPES}`, across types and of a compartment: types of resources, commas between them.",
    "A parameter on a reference may be followed by a dot and a parameter of what it refers to, as often as "
    "needed, and `_has:Type:parameter:` stands before a parameter of what refers to the resource.",
    "Others take, each once unless it is said to repeat:",
    f"* capabilities: `{MODE}`",
)
_REFUSED = (
    "Any other parameter is refused (400). A search alone ignores it with `Prefer: handling=lenient`; "
    "its self link shows what was used.",
    "Pages are walked by their next link, whose `_page` is sealed, stands alone and fits one walk only. "
    "A total is given where it is known: with `_count=0`, and when the first page holds everything.",
)


def capability_statement(routes: Sequence[Route], base: str) -> dict[str, Any]:
    """The statement of the server at ``base``."""
    return {
        "resourceType": "CapabilityStatement",
        "contained": [definition(name) for name in _operations(routes)],
        "status": "active",
        "date": PUBLISHED,
        "kind": "instance",
        "software": {"name": "EHR backbone"},
        "implementation": {"description": "The electronic health records of a province", "url": base},
        "fhirVersion": "4.0.1",
        "format": ["application/fhir+json", "json"],
        "rest": [
            {
                "mode": "server",
                "documentation": "\n\n".join([*_DOCUMENTATION, *_taken(routes), *_REFUSED, _any()]),
                "resource": [_resource(routes, type_) for type_ in sorted(RESOURCE_TYPES)],
                "interaction": _codes(code for r in routes for code in _SYSTEM.get(r.interaction, ())),
                "compartment": [f"{_COMPARTMENT}/{name.lower()}" for name in COMPARTMENTS],
            }
        ],
    }


def _resource(routes: Sequence[Route], type_: str) -> dict[str, Any]:
    own = [route for route in routes if route.segments[:1] in ((_TYPE,), (type_,))]
    asked = {(route.method, route.path) for route in own}
    parameters = parameters_of(type_)
    told: dict[str, Any] = {
        "type": type_,
        "interaction": _codes(route.interaction for route in own if not is_operation(route.interaction)),
        "versioning": "versioned-update",
        "readHistory": any(route.interaction == "vread" for route in own),
        "updateCreate": ("PUT", f"{_TYPE}/{{id}}") in asked,
        "conditionalCreate": ("POST", _TYPE) in asked,
        "conditionalRead": "full-support",
        "conditionalUpdate": ("PUT", _TYPE) in asked,
        "conditionalDelete": "multiple" if ("DELETE", _TYPE) in asked else "not-supported",
        "searchParam": [_search_parameter(p) for p in parameters.values()],
    }
    references = [_inclusion(p, type_) for p in parameters.values() if p.type == "reference"]
    if references:  # An array that would be empty is left out.
        told["searchInclude"] = references
    if type_ in _referring():
        told["searchRevInclude"] = _referring()[type_]
    operations = [name[1:] for name in _operations(own)]
    if operations:
        told["operation"] = [{"name": name, "definition": f"#{name}"} for name in operations]
    return told


def _operations(routes: Sequence[Route]) -> list[str]:
    """Each once: some are asked for by GET and by POST."""
    return list(dict.fromkeys(r.interaction for r in routes if is_operation(r.interaction)))


def _search_parameter(parameter: SearchParameter) -> dict[str, str]:
    return {"name": parameter.code, "type": parameter.type, "documentation": _told_of(parameter)}


def _told_of(parameter: SearchParameter) -> str:
    modifiers = [modifier for modifier in modifiers_of(parameter) if modifier not in RESOURCE_TYPES]
    words = [f"Modifiers: {' '.join(f':{modifier}' for modifier in modifiers)}"]
    if parameter.type == "composite":
        words.insert(0, f"Values: {'$'.join(component.code for component in parameter.components)}")
    if parameter.type in _MEASURED:
        words.append(f"Prefixes: {' '.join(dates.PREFIXES)}")
    if parameter.type == "reference":
        targets = " ".join(parameter.targets) if _is_narrow(parameter) else "nearly any type"
        words.append(f"To, and as modifiers: {targets}")
    return ". ".join(words)


_MOST_TARGETS = 100
"""Targets of a parameter that refers to resources of some types; others refer to (nearly) all."""

_MEASURED = ("date", "number", "quantity")


def _is_narrow(parameter: SearchParameter) -> bool:
    return len(parameter.targets) <= _MOST_TARGETS


@cache
def _referring() -> Mapping[str, list[str]]:
    """Type -> the inclusions that lead to it, but for those that lead to every type."""
    found: dict[str, list[str]] = defaultdict(list)
    for type_ in sorted(RESOURCE_TYPES):
        for parameter in parameters_of(type_).values():
            for target in parameter.targets if _is_narrow(parameter) else ():
                found[target].append(_inclusion(parameter, type_))
    return found


def _inclusion(parameter: SearchParameter, type_: str) -> str:
    return f"{type_}:{parameter.code}"


def _any() -> str:
    """What is told of the inclusions that lead to every type."""
    found = [
        _inclusion(parameter, type_)
        for type_ in sorted(RESOURCE_TYPES)
        for parameter in parameters_of(type_).values()
        if parameter.type == "reference" and not _is_narrow(parameter)
    ]
    return f"`_revinclude` takes besides those that are listed, for every type: {', '.join(found)}."


def _taken(routes: Sequence[Route]) -> list[str]:
    """What interactions take that stands nowhere else."""
    return [
        f"* {route.interaction}: {', '.join(f'`{name}`' for name in route.parameters)}"
        for route in routes
        if route.parameters
    ]


def _codes(codes: Iterable[str]) -> list[dict[str, str]]:
    return [{"code": code} for code in dict.fromkeys(codes)]

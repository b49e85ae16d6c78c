"""Rules on a whole resource that a schema cannot say.

Not refused, on purpose: a Period whose start lies after its end (per-1). With partial dates it often cannot
be decided, and a record that loses a whole encounter over two swapped dates serves nobody; views order the
two themselves.
"""

import re
from collections.abc import Iterator
from typing import Any

import orjson

from ehr.definitions import RESOURCE_TYPES, references
from ehr.values import ID
from fhir_api.intake.issues import Issue
from fhir_api.intake.messages import named
from fhir_api.intake.narrative import is_narrative
from fhir_api.intake.validator import Step

Resource = dict[str, Any]
_LOCAL = re.compile(f'"#({ID.pattern})"'.encode())
_TO_CONTAINER = b'"reference":"#"'

Inner = tuple[str, Resource, bool]
"""(FHIRPath, resource, whether it is contained)."""


def narratives(resource: Resource, at: str) -> Iterator[Issue]:
    """txt-1: every Narrative is harmless xhtml. Only Composition has some elsewhere than in ``text``."""
    text = resource.get("text")
    if text.__class__ is dict:
        yield from _narrative(text, f"{at}.text")
    if resource["resourceType"] == "Composition":
        yield from _sections(resource.get("section"), at)


def _sections(sections: Any, at: str) -> Iterator[Issue]:
    for index, section in _dicts(sections):
        place = f"{at}.section[{index}]"
        if isinstance(text := section.get("text"), dict):
            yield from _narrative(text, f"{place}.text")
        yield from _sections(section.get("section"), place)


def _narrative(text: Resource, at: str) -> Iterator[Issue]:
    div = text.get("div")
    if isinstance(div, str) and not is_narrative(div):
        yield Issue("invariant", f"{at}.{named('div')}", "div: not a well-formed div of basic XHTML (txt-1)")


def local_targets(resource: Resource) -> set[str]:
    """The ids that its strings might name as ``#id``."""
    return {name.decode() for name in _LOCAL.findall(orjson.dumps(resource))}


def containing(resource: Resource, at: str, targets: set[str]) -> Iterator[Issue]:
    """dom-3: what is contained has an id and is referred to (or refers to its container)."""
    for index, inner in _dicts(resource.get("contained")):
        place = f"{at}.contained[{index}]"
        if "id" not in inner:
            yield Issue("required", f"{place}.id", "id: is required in a contained resource")
        elif str(inner["id"]) not in targets and _TO_CONTAINER not in orjson.dumps(inner):
            yield Issue("invariant", place, "a contained resource to which nothing refers (dom-3)")


def not_contained(resource: Resource, targets: set[str]) -> Iterator[tuple[Step, ...]]:
    """ref-1: paths of references to what is not contained. ``#`` alone is the container."""
    missing = targets - {str(inner.get("id")) for _, inner in _dicts(resource.get("contained"))}
    # A Bundle and Parameters contain nothing; what they hold is looked at by itself.
    if missing and resource["resourceType"] not in ("Bundle", "Parameters"):
        wrong = {f"#{id_}" for id_ in missing}.intersection(references(resource))
        yield from _referring(resource, wrong, ()) if wrong else ()


def _referring(node: Any, wrong: set[str], path: tuple[Step, ...]) -> Iterator[tuple[Step, ...]]:
    steps = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for step, value in steps:
        if step == "reference" and isinstance(value, str) and value in wrong:
            yield (*path, step)
        yield from _referring(value, wrong, (*path, step))


def contained(resource: Resource, at: str) -> Iterator[Issue]:
    """dom-2, dom-4, dom-5: what a contained resource must not have itself."""
    meta = resource.get("meta")
    if "contained" in resource:
        yield Issue("invariant", f"{at}.contained", "contained: not within a contained resource (dom-2)")
    for name in ("versionId", "lastUpdated", "security"):
        if isinstance(meta, dict) and name in meta:
            yield Issue("invariant", f"{at}.meta.{name}", f"{name}: not if contained (dom-4, dom-5)")


def inner_resources(resource: Resource, at: str) -> Iterator[Inner]:
    """The resources directly within a resource, whatever else is wrong with it."""
    for index, inner in _dicts(resource.get("contained")):
        yield f"{at}.contained[{index}]", inner, True
    if resource["resourceType"] == "Bundle":
        yield from _in_bundle(resource, at)
    if resource["resourceType"] == "Parameters":
        yield from _in_parameters(resource.get("parameter"), f"{at}.parameter")


def _in_bundle(bundle: Resource, at: str) -> Iterator[Inner]:
    for index, entry in _dicts(bundle.get("entry")):
        if isinstance(inner := entry.get("resource"), dict):
            yield f"{at}.entry[{index}].resource", inner, False
        response = entry.get("response")
        if isinstance(response, dict) and isinstance(inner := response.get("outcome"), dict):
            yield f"{at}.entry[{index}].response.outcome", inner, False


def _in_parameters(parameters: Any, at: str) -> Iterator[Inner]:
    for index, parameter in _dicts(parameters):
        if isinstance(inner := parameter.get("resource"), dict):
            yield f"{at}[{index}].resource", inner, False
        yield from _in_parameters(parameter.get("part"), f"{at}[{index}].part")


def has_known_type(resource: Resource) -> bool:
    """Whether resourceType names one of the types of R4."""
    kind = resource.get("resourceType")
    return kind.__class__ is str and kind in RESOURCE_TYPES


def _dicts(values: Any) -> Iterator[tuple[int, Resource]]:
    if isinstance(values, list):
        yield from ((index, value) for index, value in enumerate(values) if isinstance(value, dict))

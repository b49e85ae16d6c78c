"""Whether the compiled extraction and the interpreter find the same in a resource."""

from collections import defaultdict
from typing import Any

import orjson

from ehr.definitions.search_parameters import SearchParameter, search_parameters
from tests.projections.search.extraction.interpreting import (
    Values,
    interpreted,
    interpreted_composite,
    target,
    values,
)
from tests.projections.search.extraction.recording import Found, extracted

Json = Any
ByNumber = dict[int, Found]

Components = tuple[Values, ...]

NARROWER = {
    "code-value-quantity": "SampledData, which is no single quantity",
    "code-value-string": "the text of a CodeableConcept",
    "combo-code-value-quantity": "SampledData, as in code-value-quantity",
}
"""Composites on the resource whose second component leaves out what the parameter of its code has, and what:
as a conjunction they find it too."""


def disagreements(resource: dict[str, Json]) -> list[str]:
    """The parameters of the resource's type for which the two differ."""
    found: ByNumber = defaultdict(list)
    for number, *rest in extracted(resource):
        found[number].append(tuple(rest))
    rows = search_parameters(resource["resourceType"]).values()
    return [f"{row.resource_type}.{row.code}" for row in rows if not _agrees(row, resource, found)]


def _agrees(row: SearchParameter, resource: dict[str, Json], found: ByNumber) -> bool:
    if row.derived and found[row.number]:
        return False
    if row.type == "composite":
        mine, theirs = _composites(row, found), interpreted_composite(row, resource)
        return set(theirs) <= set(mine) if row.code in NARROWER else _sorted(mine) == _sorted(theirs)
    return _compiled(row, found) == _wanted(row, interpreted(row, resource))


def _compiled(row: SearchParameter, found: ByNumber) -> Values:
    others = search_parameters(row.resource_type) if row.restricts or row.union_of else {}
    if row.restricts:
        return _wanted(row, _compiled(others[row.restricts[0]], found))
    if row.union_of:
        return frozenset().union(*(_compiled(others[code], found) for code in row.union_of))
    return values(value for _, value in found[row.number])


def _wanted(row: SearchParameter, of: Values) -> Values:
    """Those to the targets to which a parameter restricts another."""
    targets = row.restricts[1] if row.restricts else ()
    return frozenset(value for value in of if not targets or _target(orjson.loads(value)) in targets)


def _target(value: dict[str, Json]) -> str | None:
    return value.get("resourceType") or target(value)


def _composites(row: SearchParameter, found: ByNumber) -> list[Components]:
    others = search_parameters(row.resource_type)
    if row.union_of:
        return [parts for code in row.union_of for parts in _composites(others[code], found)]
    if row.root_composite:
        together = [tuple(_compiled(others[half.code], found) for half in row.components)]
    else:
        together = [
            tuple(values(value for _, value in part) for part in parts) for _, _, *parts in found[row.number]
        ]
    return [parts for parts in together if all(parts)]


def _sorted(found: list[Components]) -> list[Components]:
    return sorted(found, key=lambda parts: [sorted(part) for part in parts])

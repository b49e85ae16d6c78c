"""The official search parameters, one row for each resource type and code, and the compartments by code.

Source: https://hl7.org/fhir/R4/searchparameter-registry.html, the CompartmentDefinitions.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from ehr.definitions.build.element_table import Row
from ehr.definitions.build.package import Definition, Package
from ehr.definitions.build.relations import Relation, Typed, relations
from ehr.definitions.expressions import Field, Path, alternatives, paths
from ehr.definitions.search_parameters import Component, SearchParameter
from ehr.definitions.tables import Element

COMPARTMENTS = ("Device", "Encounter", "Patient", "Practitioner", "RelatedPerson")
ITSELF = "{def}"
"""Stands in a CompartmentDefinition for the resource after which the compartment is named."""

ANY_BUT = "Parameters"
"""What no reference can refer to: R4 lists every other type as the target of one that may be any."""

EXPRESSIONS_CHANGED_ROUND = frozenset({"DocumentReference-relationship"})
"""Composites of two components, to each of which R4 gives the expression of the other."""


def search_parameters(package: Package, table: dict[str, list[Row]]) -> list[Typed]:
    """Parameters with their paths, in the order of their numbers, which is that of (resource type, code).

    Left out are what has no expression, is on an extension, or needs more than the resource: type special.
    """
    elements = {name: [Element(*_frozen(row)) for row in rows] for name, rows in table.items()}
    rows = sorted(_rows(package), key=lambda row: (row.resource_type, row.code))
    typed = [(row, paths(row.expression, row.resource_type, elements.__getitem__)) for row in rows]
    related = relations(typed)
    return [
        (_completed(number, row, of, related[row.resource_type, row.code]), of)
        for number, (row, of) in enumerate(typed)
    ]


def left_out(package: Package) -> list[tuple[str, str, str]]:
    """(resource type, code, why) of each official parameter that has no row."""
    found = [(parameter, _why_not(parameter)) for parameter in package.search_parameters()]
    return sorted(
        (base, parameter["code"], why) for parameter, why in found if why for base in parameter["base"]
    )


def main_dates(
    parameters: Sequence[Typed], candidates: Mapping[str, list[tuple[str, str]]]
) -> dict[str, str]:
    """Resource type -> the date parameter of which a resource has at most one value, that holds the first of
    the candidate paths for which there is any; else ``date``, else ``birthdate``."""
    dates: dict[str, dict[str, str]] = defaultdict(dict)
    for row, of in parameters:
        if row.type == "date" and row.single:
            dates[row.resource_type] |= {_keys(path): row.code for path in reversed(of)}
    return {
        name: code
        for name, by_path in sorted(dates.items())
        if (code := _main_date(by_path, [path for path, _ in candidates.get(name, ())]))
    }


def _main_date(by_path: Mapping[str, str], candidates: Sequence[str]) -> str | None:
    found = [by_path[path] for path in candidates if path in by_path]
    usual = [code for code in ("date", "birthdate") if code in by_path.values()]
    return next(iter([*found, *usual]), None)


def _keys(path: Path) -> str:
    return ".".join(step.key for step in path.steps if isinstance(step, Field))


def compartments(package: Package) -> dict[str, dict[str, tuple[str, ...]]]:
    """Compartment -> resource type -> codes; ``_id`` for the resource after which it is named.

    The definitions of Device and Patient leave their own resource unsaid; it belongs to its compartment as in
    the others.
    """
    found = {}
    for name in COMPARTMENTS:
        codes = package.compartment(name[0].lower() + name[1:])
        named = {type_: tuple(code for code in of if code != ITSELF) for type_, of in codes.items()}
        found[name] = dict(sorted((named | {name: ("_id", *named.get(name, ()))}).items()))
    return found


def _frozen(row: Row) -> tuple[Any, ...]:
    name, types, *rest = row
    return name, tuple(types), *rest


def _rows(package: Package) -> Iterator[SearchParameter]:
    for parameter in package.search_parameters():
        if _why_not(parameter) is None:
            yield from map(partial(_row, package, parameter), parameter["base"])


def _why_not(parameter: Definition) -> str | None:
    """Why a parameter is left out, if it is."""
    if parameter["type"] == "special":
        return "of type special: needs more than the values of the resource"
    if "expression" not in parameter:
        return "without an expression"
    return "on an extension" if "xtension(" in parameter["expression"] else None


def _row(package: Package, parameter: Definition, base: str) -> SearchParameter:
    return SearchParameter(
        resource_type=base,
        code=parameter["code"],
        number=-1,
        type=parameter["type"],
        expression=_concerning(base, parameter["expression"]),
        targets=_targets(package, parameter),
        components=_components(package, parameter),
    )


def _concerning(base: str, expression: str) -> str:
    """The alternatives that begin with the type, or with the name of an element (InsurancePlan-name)."""
    kept = [part for part in alternatives(expression) if re.match(rf"\(*({base}\b|[a-z])", part)]
    return " | ".join(kept)


def _targets(package: Package, parameter: Definition) -> tuple[str, ...]:
    if parameter["type"] != "reference":
        return ()
    return tuple(sorted(parameter.get("target") or set(package.resource_types()) - {ANY_BUT}))


def _components(package: Package, parameter: Definition) -> tuple[Component, ...]:
    definitions = package.definitions["SearchParameter"]
    rows = parameter.get("component", [])
    expressions = [row["expression"] for row in rows]
    if parameter["id"] in EXPRESSIONS_CHANGED_ROUND:
        expressions.reverse()
    codes = [definitions[row["definition"]]["code"] for row in rows]
    return tuple(map(Component, codes, expressions))


def _completed(number: int, row: SearchParameter, of: tuple[Path, ...], related: Relation) -> SearchParameter:
    types = tuple(sorted({path.type for path in of}))
    value_sets = {path.codes for path in of}
    return SearchParameter(
        **{name: getattr(row, name) for name in ("resource_type", "code", "type", "expression")},
        number=number,
        targets=_taken(row, related),
        components=row.components,
        types=() if row.type == "composite" else types,
        in_human_name=all("HumanName" in (path.type, path.within) for path in of),
        codes=value_sets.pop() if types == ("code",) and len(value_sets) == 1 else None,
        single=_at_most_one(of),
        restricts=related.restricts,
        union_of=related.union_of,
        root_composite=row.type == "composite" and all(path.steps == () for path in of),
    )


def _taken(row: SearchParameter, related: Relation) -> tuple[str, ...]:
    """Of the targets that R4 lists those that the expression takes: ``where(resolve() is Patient)``."""
    return (related.restricts[1] if related.restricts else ()) or row.targets


def _at_most_one(of: tuple[Path, ...]) -> bool:
    return len({path.passed for path in of}) == 1 and all(path.single for path in of)

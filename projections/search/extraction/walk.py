"""The walk through a resource type: the paths of all its search parameters as one tree.

A parameter that follows from others (`SearchParameter.derived`) is not in it.
"""

from collections.abc import Container, Iterable

import msgspec

from ehr.definitions import elements
from ehr.definitions.expressions import Path, Step, paths
from ehr.definitions.search_parameters import Component, SearchParameter, search_parameters

FROM_RESOURCE = "%resource."

Types = tuple[str, str]
"""What is indexed: (search type, FHIR type), or ("composite", search types of its components).

E.g. ("date", "Period"), ("composite", "token$quantity").
"""


class Value(msgspec.Struct, frozen=True):
    """Index the value that is reached. ``number``: of the parameter; ``types``: (search type, FHIR type)."""

    number: int
    types: Types


class Part(msgspec.Struct, frozen=True):
    """Take the value that is reached as one of a component of a composite; ``type``: its FHIR type."""

    type: str


class Half(msgspec.Struct):
    """One component of a composite: what is taken for it, from the base element or from the resource."""

    from_resource: bool
    walk: "Walk"


class Composite(msgspec.Struct):
    """Index the base element that is reached. ``types``: ("composite", search types of its components)."""

    number: int
    types: Types
    halves: list[Half]


Arrival = Value | Part | Composite


class Walk(msgspec.Struct):
    """What to do with a value, and where to go from it."""

    arrivals: list[Arrival] = []
    onward: dict[Step, "Walk"] = {}

    def at(self, steps: Iterable[Step]) -> "Walk":
        """The walk from the value that these steps lead to, made where there is none."""
        walk = self
        for step in steps:
            walk = walk.onward.setdefault(step, Walk())
        return walk


def walk_of(resource_type: str, wanted: Container[Types]) -> Walk:
    """The walk for every parameter of a type that has rows of its own, those of every type included.

    wanted: what is indexed; the walk leads to nothing else, nor does a component take anything else.
    """
    walk = Walk()
    for parameter in search_parameters(resource_type).values():
        if not parameter.derived:
            for path in paths(parameter.expression, resource_type, elements):
                arrival = _arrival(parameter, path, wanted)
                if arrival.types in wanted:
                    walk.at(path.steps).arrivals.append(arrival)
    return walk


def types_of(parameter: SearchParameter) -> set[Types]:
    """What is indexed of a parameter."""
    if parameter.type == "composite":
        return {_composite_types(parameter)}
    return {(parameter.type, type_) for type_ in parameter.types}


def _arrival(parameter: SearchParameter, path: Path, wanted: Container[Types]) -> Value | Composite:
    if parameter.type != "composite":
        return Value(parameter.number, (parameter.type, path.type))
    halves = [_half(parameter, component, path.type, wanted) for component in parameter.components]
    return Composite(parameter.number, _composite_types(parameter), halves)


def _composite_types(parameter: SearchParameter) -> Types:
    types = (_search_type(parameter, component) for component in parameter.components)
    return "composite", "$".join(types)


def _search_type(parameter: SearchParameter, component: Component) -> str:
    return search_parameters(parameter.resource_type)[component.code].type


def _half(parameter: SearchParameter, component: Component, base: str, wanted: Container[Types]) -> Half:
    """A component may lead to types that its parameter has not: Group.characteristic.value to a Quantity."""
    from_resource = component.expression.startswith(FROM_RESOURCE)
    expression = component.expression.removeprefix(FROM_RESOURCE)
    walk = Walk()
    for path in paths(expression, parameter.resource_type if from_resource else base, elements):
        if (_search_type(parameter, component), path.type) in wanted:
            walk.at(path.steps).arrivals.append(Part(path.type))
    return Half(from_resource, walk)

"""From the parameters of a request to what is searched for, and how it is told."""

from typing import NamedTuple

from ehr.definitions import RESOURCE_TYPES
from ehr.definitions.search_parameters import compartment
from ehr.values import Key
from fhir_api.errors import BadRequest, UnknownParameter
from fhir_api.searching.results import CONTROLS, Results
from projections.fhir_resources.finding import Wanted
from projections.search.errors import BadValue, UnknownName, Unsearchable
from projections.search.identifiers import Named
from projections.search.reading import Reading
from projections.search.rewriting import rewritten
from projections.search.tree import And, Node, OfType, Or

Parameters = list[tuple[str, str]]

COMPARTMENTS = ("Device", "Encounter", "Patient", "Practitioner", "RelatedPerson")
"""https://hl7.org/fhir/R4/compartmentdefinition.html"""

TYPES = "_type"


class Place(NamedTuple):
    """Where one searches. path: below the base. types: of resources, none for all. within: the resource whose
    compartment is searched."""

    path: str
    types: tuple[str, ...] = ()
    within: Key | None = None


class Asked(NamedTuple):
    """used: the parameters that count. ignored: what to say of the others, each with its reason."""

    wanted: Wanted
    results: Results
    used: Parameters
    ignored: list[str]


def read_search(place: Place, parameters: Parameters, base: str, *, lenient: bool) -> Asked:
    """What is asked for. base: the server's own address. lenient: whether unknown names are ignored.

    Raises BadRequest, UnknownParameter.
    """
    types = _types(place, parameters)
    results, used, ignored = Results(), Parameters(), list[str]()
    nodes: dict[str, list[Node]] = {type_: [] for type_ in types}
    for name, value in parameters:
        try:
            _read(place, name, value, parameters, types, results, nodes, base)
        except (UnknownParameter, UnknownName) as error:
            if not lenient:
                raise _refusal(error) from None
            ignored.append(_text(error))
            continue
        except BadValue as error:
            raise BadRequest(str(error)) from None
        used.append((name, value))
    if results.subset and results.elements:
        raise BadRequest("_summary and _elements do not go together.")
    wanted = Wanted(types, rewritten(_across(nodes, _within(place, types, base))), results.keys)
    return Asked(wanted, results, used, ignored)


def _read(
    place: Place,
    name: str,
    value: str,
    parameters: Parameters,
    types: tuple[str, ...],
    results: Results,
    nodes: dict[str, list[Node]],
    base: str,
) -> None:
    control = CONTROLS.get(name)
    if control:
        if not control.repeats and sum(one == name for one, _ in parameters) > 1:
            raise BadRequest(f"{name} is there twice.")
        control.read(results, types, value)
    elif name != TYPES or place.types:
        found = {type_: Reading(base).condition(type_, name, value) for type_ in types}
        for type_, node in found.items():
            nodes[type_].append(node)


def _refusal(error: UnknownParameter | Unsearchable) -> UnknownParameter:
    return error if isinstance(error, UnknownParameter) else UnknownParameter(str(error))


def _text(error: UnknownParameter | Unsearchable) -> str:
    return error.message if isinstance(error, UnknownParameter) else str(error)


def _types(place: Place, parameters: Parameters) -> tuple[str, ...]:
    if place.types:
        return place.types
    said = [value for name, value in parameters if name == TYPES]
    if not said:
        return tuple(sorted(RESOURCE_TYPES))
    chosen = [{*value.split(",")} for value in said]
    if not set.union(*chosen) <= RESOURCE_TYPES:
        raise BadRequest("_type names what is no resource type.")
    return tuple(sorted(set.intersection(*chosen)))


def _across(nodes: dict[str, list[Node]], within: list[Node]) -> Node:
    """The condition on resources of any of the types; those that say the same of all types are said once."""
    each = {type_: And(tuple(conditions)) for type_, conditions in nodes.items()}
    if len(set(each.values())) <= 1:
        return And((*within, *each.values()) if len(each) == 1 else (*within, *dict.fromkeys(each.values())))
    return And((*within, Or(tuple(OfType(type_, node) for type_, node in each.items()))))


def _within(place: Place, types: tuple[str, ...], base: str) -> list[Node]:
    """The condition of a compartment: references to its resource by any of the parameters that put one in."""
    if place.within is None:
        return []
    members, reading = compartment(place.within.type), Reading(base)
    ways: list[Node] = []
    for type_ in types:
        for code in members.get(type_, ()):
            if code == "_id":
                ways.append(Named((place.within,)))
            else:
                ways.append(reading.condition(type_, code, place.within.reference))
    return [Or(tuple(ways))]

"""From the parameters of a request to what is searched for, and how it is told."""

from typing import NamedTuple

from ehr.definitions import RESOURCE_TYPES
from ehr.definitions.search_parameters import compartment
from ehr.values import Key
from fhir_api.errors import BadRequest, TooMuchAsked, UnknownParameter
from fhir_api.searching.results import CONTROLS, Results
from projections.fhir_resources.finding import Wanted
from projections.search import errors
from projections.search.errors import BadValue, UnknownName
from projections.search.naming import EACH_ALONE, People
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
    """used: the parameters that count. ignored: what to say of the others, each with its reason. patients:
    ids of those that its conditions name: who is one person with them is to be found as well."""

    wanted: Wanted
    results: Results
    used: Parameters
    ignored: list[str]
    patients: frozenset[str] = frozenset()


def read_search(
    place: Place, parameters: Parameters, base: str, *, lenient: bool, people: People = EACH_ALONE
) -> Asked:
    """What is asked for. base: the server's own address. lenient: whether unknown names are ignored. people:
    whom a reference to a Patient takes as well.

    Raises BadRequest, UnknownParameter, TooMuchAsked.
    """
    reading = _Reading(place, _types(place, parameters), Reading(base, people))
    for name, value in parameters:
        try:
            reading.add(name, value)
        except UnknownName as error:
            if not lenient:
                raise UnknownParameter(str(error)) from None
            reading.ignored.append(str(error))
        except BadValue as error:
            raise BadRequest(str(error)) from None
        except errors.TooMuchAsked as error:
            raise TooMuchAsked(str(error)) from None
    return reading.asked()


class _Reading:
    """A search as far as its parameters have been read."""

    def __init__(self, place: Place, types: tuple[str, ...], reading: Reading) -> None:
        self._place = place
        self._types = types
        self._reading = reading
        self._results = Results()
        self._conditions: list[dict[str, Node]] = []
        self._used = Parameters()
        self.ignored: list[str] = []

    def add(self, name: str, value: str) -> None:
        """Reads a parameter. Raises BadRequest, and Unsearchable."""
        control = CONTROLS.get(name)
        if control:
            if not control.repeats and any(name == used for used, _ in self._used):
                raise BadRequest(f"{name} is there twice.")
            control.read(self._results, self._types, value)
        elif name != TYPES or self._place.types:
            self._reading.spend(name, value, 1 if _is_common(name) else len(self._types))
            condition = {type_: self._reading.condition(type_, name, value) for type_ in self._types}
            self._conditions.append(condition)
        self._used.append((name, value))

    def asked(self) -> Asked:
        """What all of them ask for. Raises BadRequest."""
        if self._results.subset and self._results.elements:
            raise BadRequest("_summary and _elements do not go together.")
        if self._results.only_counted:
            self._results.count = 0
        within = _within(self._place, self._types, self._reading)
        node = And((*within, *map(_across, self._conditions)))
        wanted = Wanted(self._types, rewritten(node), self._results.keys)
        return Asked(wanted, self._results, self._used, self.ignored, self._reading.patients)


def _types(place: Place, parameters: Parameters) -> tuple[str, ...]:
    if place.types:
        return place.types
    said = [value for name, value in parameters if name == TYPES]
    if not said:
        return tuple(sorted(RESOURCE_TYPES))
    chosen = [{*value.split(",")} for value in said]
    if not set.union(*chosen) <= RESOURCE_TYPES:
        raise BadRequest("_type names what is no resource type.")
    common = set.intersection(*chosen)
    if not common:
        raise BadRequest("_type names no type each time.")
    return tuple(sorted(common))


def _is_common(name: str) -> bool:
    """Whether the condition is the same for all types: such parameters alone begin with a low line."""
    return name.startswith("_")


def _across(condition: dict[str, Node]) -> Node:
    """A condition on resources of any of the types; what is the same for all of them is said once."""
    if len({*condition.values()}) == 1:
        return next(iter(condition.values()))
    return Or(tuple(OfType(type_, node) for type_, node in condition.items()))


def _within(place: Place, types: tuple[str, ...], reading: Reading) -> list[Node]:
    """The condition of a compartment: references to its resource by any of the parameters that put one in."""
    if place.within is None:
        return []
    members = compartment(place.within.type)
    ways: list[Node] = []
    for type_ in types:
        for code in members.get(type_, ()):
            if code == "_id":
                ways.append(reading.within(place.within))
            else:
                ways.append(reading.naming(type_, code, place.within))
    return [Or(tuple(ways))]

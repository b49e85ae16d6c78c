"""Parameters of type composite (https://hl7.org/fhir/R4/search.html#composite).

Their values must stand in one part of a resource, as a code and a value in one component. Those of the
resource as a whole are an AND.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from ehr.definitions.search_parameters import SearchParameter, all_search_parameters, search_parameters
from projections.search.entries import Entries, Indexer
from projections.search.extraction.walk import FROM_RESOURCE
from projections.search.frequency import Common
from projections.search.quantities import Measured
from projections.search.statement import Statement
from projections.search.tables import InTable
from projections.search.tree import Node

MOST_REPEATED = 10
"""Codes of what is said once of a resource and found with each of its parts: a chromosome with variants."""


def part_indexer(indexers: Mapping[str, Mapping[str, Indexer]]) -> Callable[..., None]:
    """What adds one part of the resource, with the values that a composite parameter takes from it.

    indexers: of these values, by search type and FHIR type.
    """

    def index(entries: Entries, number: int, _place: int, *halves: list[tuple[str, Any]]) -> None:
        part, repeats = Entries(), _repeats(number)
        for component, values in zip(_components(number), halves, strict=True):
            for fhir_type, value in values:
                if repeats and fhir_type == "CodeableConcept":
                    value = {"coding": value.get("coding", [])[:MOST_REPEATED]}
                indexers[component.type][fhir_type](part, component.number, value)
        entries.parts.append((number, part))
        entries.words += part.words

    return index


def kinds() -> set[tuple[str, str]]:
    """("composite", search types of the components) of all composites that are not an AND."""
    found = [one for one in all_search_parameters() if one.type == "composite" and not one.derived]
    return {("composite", "$".join(part.type for part in _components(one.number))) for one in found}


@cache
def _repeats(number: int) -> bool:
    """Whether what it takes from the resource as a whole comes again with each part."""
    components = all_search_parameters()[number].components
    return any(one.expression.startswith(FROM_RESOURCE) for one in components)


@cache
def _components(number: int) -> tuple[SearchParameter, ...]:
    parameter = all_search_parameters()[number]
    own = search_parameters(parameter.resource_type)
    return tuple(own[component.code] for component in parameter.components)


@dataclass(frozen=True, slots=True)
class Together(InTable):
    """A part of the resource meets all of these: terms, which parts have as resources do, and at most two
    numbers."""

    table = "search_part"
    number: int
    halves: tuple[Node, ...]

    def condition(self, statement: Statement, t: str) -> str:
        """See ``InTable``."""
        number = f"{t}.number = {statement.value(self.number, 'smallint')}"
        return " and ".join([number, *self._conditions(statement, t)])

    def _conditions(self, statement: Statement, t: str) -> list[str]:
        columns = iter((("low", "high"), ("low2", "high2")))
        return [
            half.compared(statement, t, *next(columns))
            if isinstance(half, Measured)
            else half.sql(statement, t)
            for half in self.halves
        ]

    def holds(self, entries: Entries) -> bool:
        """See ``tree.Node``."""
        return any(
            number == self.number and all(half.holds(part) for half in self.halves)
            for number, part in entries.parts
        )

    def selective(self, common: Common) -> bool:
        """See ``tree.Node``."""
        return any(half.selective(common) for half in self.halves)


@dataclass(frozen=True, slots=True)
class SomePart(InTable):
    """There is a part of this kind."""

    table = "search_part"
    number: int

    def condition(self, statement: Statement, t: str) -> str:
        """See ``InTable``."""
        return f"{t}.number = {statement.value(self.number, 'smallint')}"

    def holds(self, entries: Entries) -> bool:
        """See ``tree.Node``."""
        return any(number == self.number for number, _ in entries.parts)

"""Parameters of type composite (https://hl7.org/fhir/R4/search.html#composite).

Their values must stand in one part of a resource, as a code and a value in one component. Those of the
resource as a whole are an AND.
"""

from dataclasses import dataclass

from projections.search.entries import Entries
from projections.search.frequency import Common
from projections.search.quantities import Measured
from projections.search.statement import Statement
from projections.search.tables import InTable
from projections.search.tree import Node


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

"""Conditions on rows of a table of their own, which is tied to the resources by ``pk``."""

from typing import ClassVar

from projections.search.frequency import Common
from projections.search.statement import Statement


class InTable:
    """A resource has a row in a table of which a condition holds."""

    __slots__ = ()
    table: ClassVar[str]

    def condition(self, statement: Statement, t: str) -> str:
        """The condition on a row ``t``."""
        raise NotImplementedError

    def sql(self, statement: Statement, of: str) -> str:
        """See ``tree.Node``."""
        return f"exists ({self.own_rows(statement, of)})"

    def own_rows(self, statement: Statement, of: str) -> str:
        """Such rows of a resource, without columns, as a query."""
        t = statement.alias()
        return (
            f"select from fhir_resources.{self.table} {t} "
            f"where {t}.pk = {of}.pk and {self.condition(statement, t)}"
        )

    def rows(self, statement: Statement) -> str:
        """The ``pk`` of each such row, as a query."""
        t = statement.alias()
        return f"select {t}.pk from fhir_resources.{self.table} {t} where {self.condition(statement, t)}"

    def selective(self, common: Common) -> bool:  # noqa: ARG002
        """See ``tree.Node``."""
        return False

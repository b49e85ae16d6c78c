"""What is compared as it is, without a hash between: identifiers, ids, and when a resource changed."""

from dataclasses import dataclass

from ehr.appending import Condition
from ehr.dates import Span
from ehr.values import Key
from projections.search.entries import Entries
from projections.search.frequency import Common
from projections.search.statement import Statement
from projections.search.tables import InTable


@dataclass(frozen=True, slots=True)
class Identified(InTable):
    """Any of these identifiers is the resource's."""

    table = "identifier"
    any_of: tuple[Condition, ...]

    def condition(self, statement: Statement, t: str) -> str:
        """See ``InTable``."""
        return f"({' or '.join(self._one(statement, t, condition) for condition in self.any_of)})"

    def _one(self, statement: Statement, t: str, condition: Condition) -> str:
        type_, value = statement.value(condition.type, "text"), statement.value(condition.value, "text")
        found = f"{t}.type = {type_} and {t}.value = {value}"
        if condition.system is None:
            return f"({found})"
        return f"({found} and {t}.system = {statement.value(condition.system, 'text')})"

    def holds(self, entries: Entries) -> bool:
        """See ``tree.Node``."""
        return any(
            value == condition.value and condition.system in (None, system)
            for condition in self.any_of
            for system, value in entries.identifiers
        )

    def selective(self, common: Common) -> bool:  # noqa: ARG002
        """See ``tree.Node``."""
        return True


@dataclass(frozen=True, slots=True)
class SomeIdentifier(InTable):
    """There is an identifier with a value."""

    table = "identifier"

    def condition(self, statement: Statement, t: str) -> str:  # noqa: ARG002
        """See ``InTable``."""
        return "true"

    def holds(self, entries: Entries) -> bool:
        """See ``tree.Node``."""
        return bool(entries.identifiers)


@dataclass(frozen=True, slots=True)
class Named:
    """The resource is one of these."""

    any_of: tuple[Key, ...]

    def sql(self, statement: Statement, of: str) -> str:
        """See ``tree.Node``."""
        t, types = statement.alias(), statement.value([key.type for key in self.any_of], "text[]")
        ids = statement.value([key.id for key in self.any_of], "text[]")
        return (
            f"{of}.pk = any(array(select {t}.pk from fhir_resources.current {t} "
            f"where ({t}.type, {t}.id) in (select * from unnest({types}, {ids}))))"
        )

    def holds(self, entries: Entries) -> bool:
        """See ``tree.Node``."""
        return entries.id in {key.id for key in self.any_of}

    def selective(self, common: Common) -> bool:  # noqa: ARG002
        """See ``tree.Node``."""
        return True


_UPDATED = {
    "eq": "{u} >= {start} and {u} < {end}",
    "ne": "not ({u} >= {start} and {u} < {end})",
    "gt": "{u} >= {end}",
    "lt": "{u} < {start}",
    "ge": "{u} >= {start}",
    "le": "{u} < {end}",
    "sa": "{u} >= {end}",
    "eb": "{u} < {start}",
    "ap": "{u} >= {start} and {u} < {end}",
}


@dataclass(frozen=True, slots=True)
class Updated(InTable):
    """The moment of the resource's last change stands to any of these times as the prefix with it says."""

    table = "current"
    any_of: tuple[tuple[str, Span], ...]

    def condition(self, statement: Statement, t: str) -> str:
        """See ``InTable``."""
        updated = f"({' or '.join(self._one(statement, t, *one) for one in self.any_of)})"
        if not statement.types:
            return updated
        # The index stands by types.
        types = statement.value(list(statement.types), "text[]")
        return f"{t}.type = any({types}) and not {t}.deleted and {updated}"

    def _one(self, statement: Statement, t: str, prefix: str, asked: Span) -> str:
        start, end = (statement.value(one, "timestamptz") for one in asked)
        return f"({_UPDATED[prefix].format(u=f'{t}.last_updated', start=start, end=end)})"

    def holds(self, entries: Entries) -> bool:
        """See ``tree.Node``."""
        raise NotImplementedError("when it was changed is not said by a resource itself")

"""A query as a tree: what must hold of a resource."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from ehr.definitions import RESOURCE_TYPES
from projections.search.entries import Entries
from projections.search.statement import Statement
from projections.search.tables import InTable
from projections.search.terms import MASK, Terms, base_of

KINDS = {name: number for number, name in enumerate(sorted(RESOURCE_TYPES))}
"""Resource types as the index names them; fixed with FHIR R4."""


class Node(Protocol):
    """A condition."""

    def sql(self, statement: Statement, of: str) -> str:
        """The condition on a row ``of`` of the table ``search``, as SQL."""
        ...

    def holds(self, entries: Entries) -> bool:
        """Whether it holds of a resource by itself. Raises NotImplementedError where that takes others."""
        ...

    def selective(self, common: frozenset[int]) -> bool:
        """Whether few resources are expected to meet it. common: terms that many resources have."""
        ...


def of_type(statement: Statement, of: str, type_: str, node: Node) -> str:
    """The condition that a row is of a type and a condition holds.

    Where a term tells the type it is not asked for: the database would read all of the type to compare.
    """
    parts = node.nodes if isinstance(node, And) else (node,)
    if any(isinstance(part, Terms) and part.any_of and part.tells_type for part in parts):
        return node.sql(statement, of)
    return f"{of}.kind = {statement.value(KINDS[type_], 'smallint')} and {node.sql(statement, of)}"


@dataclass(frozen=True, slots=True)
class And:
    """All of them; of none, it holds."""

    nodes: tuple[Node, ...]

    def sql(self, statement: Statement, of: str) -> str:
        """See ``Node``."""
        return " and ".join(node.sql(statement, of) for node in self.nodes) or "true"

    def holds(self, entries: Entries) -> bool:
        """See ``Node``."""
        return all(node.holds(entries) for node in self.nodes)

    def selective(self, common: frozenset[int]) -> bool:
        """See ``Node``."""
        return any(node.selective(common) for node in self.nodes)


@dataclass(frozen=True, slots=True)
class Or:
    """Any of them; of none, it does not hold."""

    nodes: tuple[Node, ...]

    def sql(self, statement: Statement, of: str) -> str:
        """See ``Node``."""
        in_tables = [node for node in self.nodes if isinstance(node, InTable)]
        others = [f"({node.sql(statement, of)})" for node in self.nodes if not isinstance(node, InTable)]
        if in_tables:
            others.append(self._in_any(in_tables, statement, of))
        return f"({' or '.join(others)})" if others else "false"

    @staticmethod
    def _in_any(nodes: Sequence[InTable], statement: Statement, of: str) -> str:
        if statement.walking:
            # A union that is tied to the resource cannot be read as a whole for each of them.
            return f"exists ({' union all '.join(node.own_rows(statement, of) for node in nodes)})"
        # Of several EXISTS between OR the database would ask for every resource of the type.
        return f"{of}.pk in ({' union all '.join(node.rows(statement) for node in nodes)})"

    def holds(self, entries: Entries) -> bool:
        """See ``Node``."""
        return any(node.holds(entries) for node in self.nodes)

    def selective(self, common: frozenset[int]) -> bool:
        """See ``Node``."""
        return all(node.selective(common) for node in self.nodes)


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite."""

    node: Node

    def sql(self, statement: Statement, of: str) -> str:
        """See ``Node``."""
        if isinstance(self.node, InTable):
            return f"not {self.node.sql(statement, of)}"
        # What is not known (null) is not so.
        return f"({self.node.sql(statement, of)}) is not true"

    def holds(self, entries: Entries) -> bool:
        """See ``Node``."""
        return not self.node.holds(entries)

    def selective(self, common: frozenset[int]) -> bool:  # noqa: ARG002
        """See ``Node``."""
        return False


@dataclass(frozen=True, slots=True)
class Refers:
    """A chain: a reference parameter names a resource of a type of which a condition holds."""

    number: int
    type: str
    node: Node

    def sql(self, statement: Statement, of: str) -> str:
        """See ``Node``."""
        if statement.walking:
            return self._of_one(statement, of)
        to = statement.alias()
        base = statement.value(base_of(self.number), "bigint")
        with statement.gathering():
            condition = of_type(statement, to, self.type, self.node)
        return (
            f"{of}.terms && array(select {base} | {to}.self from fhir_resources.search {to} "
            f"where {condition})"
        )

    def _of_one(self, statement: Statement, of: str) -> str:
        """The same, by a look at what each resource names: to gather all that it may name takes long."""
        to, t = statement.alias(), statement.alias()
        mask, base = statement.value(MASK, "bigint"), statement.value(base_of(self.number), "bigint")
        return (
            f"exists (select from unnest({of}.terms) {t}(term) join fhir_resources.search {to} "
            f"on {to}.self = {t}.term & {mask} where {t}.term between {base} and {base} | {mask} "
            f"and {of_type(statement, to, self.type, self.node)} offset 0)"
        )

    def holds(self, entries: Entries) -> bool:
        """See ``Node``."""
        raise NotImplementedError("a chain takes other resources")

    def selective(self, common: frozenset[int]) -> bool:
        """See ``Node``."""
        return self.node.selective(common)


@dataclass(frozen=True, slots=True)
class ReferredToBy:
    """``_has``: a resource of a type of which a condition holds refers to this one by a parameter."""

    type: str
    number: int
    node: Node

    def sql(self, statement: Statement, of: str) -> str:
        """See ``Node``."""
        if statement.one_by_one:
            return self._of_one(statement, of)
        by, t = statement.alias(), statement.alias()
        mask, base = statement.value(MASK, "bigint"), statement.value(base_of(self.number), "bigint")
        with statement.gathering():
            condition = of_type(statement, by, self.type, self.node)
        found = (
            f"select distinct {t}.term & {mask} from fhir_resources.search {by}, "
            f"unnest({by}.terms) {t}(term) where {t}.term between {base} and {base} | {mask} and {condition}"
        )
        if statement.walking:
            # "Is true" keeps it from being joined: it is hashed once, and no index is read for each resource.
            return f"({of}.self in ({found})) is true"
        # An array is made once. A subquery is joined, and where few rows are expected for each row anew.
        return f"{of}.self = any(array({found}))"

    def _of_one(self, statement: Statement, of: str) -> str:
        """The same, by a look into the index for each resource."""
        by = statement.alias()
        base = statement.value(base_of(self.number), "bigint")
        with statement.gathering(walking=True):
            condition = self.node.sql(statement, by)
        return (
            f"exists (select from fhir_resources.search {by} "
            f"where {by}.terms @> array[{base} | {of}.self] and {condition} offset 0)"
        )

    def holds(self, entries: Entries) -> bool:
        """See ``Node``."""
        raise NotImplementedError("what refers to a resource are others")

    def selective(self, common: frozenset[int]) -> bool:
        """See ``Node``."""
        return self.node.selective(common)


@dataclass(frozen=True, slots=True)
class OfType:
    """It is a resource of a type, and a condition holds."""

    type: str
    node: Node

    def sql(self, statement: Statement, of: str) -> str:
        """See ``Node``."""
        return of_type(statement, of, self.type, self.node)

    def holds(self, entries: Entries) -> bool:
        """See ``Node``."""
        raise NotImplementedError("entries do not tell the type")

    def selective(self, common: frozenset[int]) -> bool:
        """See ``Node``."""
        return self.node.selective(common)


Pass = Callable[[Node], Node]
"""A step that makes of a tree another one that means the same."""

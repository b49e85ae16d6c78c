"""A query as a tree: what must hold of a resource."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import UnionType
from typing import Protocol

from ehr.definitions import RESOURCE_TYPES
from ehr.definitions.search_parameters import all_search_parameters
from projections.search.entries import Entries
from projections.search.frequency import Common
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

    def selective(self, common: Common) -> bool:
        """Whether few resources are expected to meet it. common: what many resources have."""
        ...


def of_type(statement: Statement, of: str, type_: str, node: Node) -> str:
    """The condition that a row is of a type and a condition holds.

    Where a term tells the type it is not asked for: the database would read all of the type to compare.
    """
    parts = node.nodes if isinstance(node, And) else (node,)
    with statement.of_types((type_,)):
        if any(isinstance(part, Terms) and part.any_of and part.tells_type for part in parts):
            return node.sql(statement, of)
        return f"{of}.kind = {statement.value(KINDS[type_], 'smallint')} and {node.sql(statement, of)}"


@dataclass(frozen=True, slots=True)
class And:
    """All of them; of none, it holds."""

    nodes: tuple[Node, ...]

    def sql(self, statement: Statement, of: str) -> str:
        """See ``Node``."""
        with statement.among(len(self.nodes)):
            return " and ".join(node.sql(statement, of) for node in self.nodes) or "true"

    def holds(self, entries: Entries) -> bool:
        """See ``Node``."""
        return all(node.holds(entries) for node in self.nodes)

    def selective(self, common: Common) -> bool:
        """See ``Node``."""
        return any(node.selective(common) for node in self.nodes)


@dataclass(frozen=True, slots=True)
class Or:
    """Any of them; of none, it does not hold."""

    nodes: tuple[Node, ...]

    def sql(self, statement: Statement, of: str) -> str:
        """See ``Node``."""
        listed = [node for node in self.nodes if isinstance(node, self._listed(statement))]
        others = [f"({node.sql(statement, of)})" for node in self.nodes if node not in listed]
        if listed:
            others.append(self._in_any(listed, statement, of))
        return f"({' or '.join(others)})" if others else "false"

    def _listed(self, statement: Statement) -> type[InTable] | UnionType:
        """Of which kinds the nodes are whose resources are listed by a query."""
        chains = (node for node in self.nodes if isinstance(node, Refers))
        return InTable | Refers if any(chain.is_listed(statement) for chain in chains) else InTable

    @staticmethod
    def _in_any(nodes: "Sequence[InTable | Refers]", statement: Statement, of: str) -> str:
        if statement.walking:
            # A union that is tied to the resource cannot be read as a whole for each of them.
            return f"exists ({' union all '.join(node.own_rows(statement, of) for node in nodes)})"
        # Of several EXISTS between OR the database would ask for every resource of the type.
        return f"{of}.pk in ({' union all '.join(node.rows(statement) for node in nodes)})"

    def holds(self, entries: Entries) -> bool:
        """See ``Node``."""
        return any(node.holds(entries) for node in self.nodes)

    def selective(self, common: Common) -> bool:
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

    def selective(self, common: Common) -> bool:  # noqa: ARG002
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
        if statement.walking or (statement.one_by_one and not self.selective(statement.common)):
            return f"exists ({self.own_rows(statement, of)} offset 0)"
        if self.is_listed(statement):
            return f"{of}.pk in ({self.rows(statement)})"
        return self._of_those(statement, of)

    def is_listed(self, statement: Statement) -> bool:
        """Whether all references of the kind are followed, as many are named by them."""
        return not statement.one_by_one and not statement.alone and not self.selective(statement.common)

    def _of_those(self, statement: Statement, of: str) -> str:
        """By a look into the index for each of those that are named. To look for the terms of all of them at
        once takes as long as all that is found by them times all of them."""
        to, by = statement.alias(), statement.alias()
        base = statement.value(base_of(self.number), "bigint")
        with statement.gathering():
            condition = of_type(statement, to, self.type, self.node)
        return (
            f"{of}.pk = any(array(select {by}.pk from fhir_resources.search {to} "
            f"join fhir_resources.search {by} on {by}.terms @> array[{base} | {to}.self] "
            f"where {condition}))"
        )

    def own_rows(self, statement: Statement, of: str) -> str:
        """Such resources that one names, without columns, as a query."""
        with statement.gathering(walking=True, one_by_one=True):
            return f"select {self._named(statement, f'unnest({of}.terms)')}"

    def rows(self, statement: Statement) -> str:
        """The ``pk`` of each resource that names such a one, as a query."""
        by = statement.alias()
        kind = statement.value(_kind_of(self.number), "smallint")
        with statement.gathering():
            named = self._named(statement, f"fhir_resources.search {by} cross join unnest({by}.terms)")
        return f"select {by}.pk {named} and {by}.kind = {kind}"

    def _named(self, statement: Statement, terms: str) -> str:
        """From what on a query of these terms goes on to the resources that they name."""
        to, t = statement.alias(), statement.alias()
        mask, base = statement.value(MASK, "bigint"), statement.value(base_of(self.number), "bigint")
        return (
            f"from {terms} {t}(term) join fhir_resources.search {to} "
            f"on {to}.self = {t}.term & {mask} where {t}.term between {base} and {base} | {mask} "
            f"and {of_type(statement, to, self.type, self.node)}"
        )

    def holds(self, entries: Entries) -> bool:
        """See ``Node``."""
        raise NotImplementedError("a chain takes other resources")

    def selective(self, common: Common) -> bool:
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

    def selective(self, common: Common) -> bool:
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

    def selective(self, common: Common) -> bool:
        """See ``Node``."""
        return self.node.selective(common)


def _kind_of(number: int) -> int:
    """The type of the resources that have a parameter, as the index names it."""
    return KINDS[all_search_parameters()[number].resource_type]


Pass = Callable[[Node], Node]
"""A step that makes of a tree another one that means the same."""

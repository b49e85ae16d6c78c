"""A query as a tree: what must hold of a resource."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
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
        """Whether it holds of a resource by itself. Raises NotImplementedError where that takes more."""
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
        terms = (node.any_of for node in self.nodes if isinstance(node, Terms))
        with statement.among(len(self.nodes), tuple(one[0] for one in terms if len(one) == 1)):
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
        tables = [node for node in self.nodes if isinstance(node, InTable)]
        chains = [node for node in self.nodes if isinstance(node, Refers)]
        others = [node for node in self.nodes if not isinstance(node, InTable | Refers)]
        with statement.alternatives(len(others) + bool(tables) + bool(chains)):
            conditions = [f"({node.sql(statement, of)})" for node in others]
            conditions += [self._in_any(tables, statement, of)] if tables else []
            conditions += [_any_chain(chains, statement, of)] if chains else []
        return f"({' or '.join(conditions)})" if conditions else "false"

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
        return _any_chain((self,), statement, of)

    def looked_up(self, statement: Statement, of: str) -> str:
        """The condition, by a look at what the resource names."""
        to, t = statement.alias(), statement.alias()
        name = _name_in(statement, t, self.number)
        with statement.gathering(walking=True, one_by_one=True):
            condition = of_type(statement, to, self.type, self.node)
        return (
            f"exists (select from unnest({of}.terms) {t}(term) join fhir_resources.search {to} "
            f"on {to}.self = {name} where {condition} offset 0)"
        )

    def found(self, statement: Statement) -> str:
        """The ``pk`` of each resource that names such a one, by a look into the index for each of these: to
        look for the terms of all of them at once takes as long as all of them times all that they find."""
        to, by = statement.alias(), statement.alias()
        base = statement.value(base_of(self.number), "bigint")
        # The index reads as much as the rarest term has.
        beside = statement.value(list(statement.beside), "bigint[]")
        with statement.gathering():
            condition = of_type(statement, to, self.type, self.node)
        return (
            f"select {by}.pk from fhir_resources.search {to} join fhir_resources.search {by} "
            f"on {by}.terms @> ({base} | {to}.self || {beside}) where {condition}"
        )

    def named(self, statement: Statement) -> str:
        """The names of all such ones."""
        to = statement.alias()
        with statement.gathering():
            condition = of_type(statement, to, self.type, self.node)
        return f"select {to}.self from fhir_resources.search {to} where {condition}"

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


def _any_chain(chains: Sequence[Refers], statement: Statement, of: str) -> str:
    """The condition that any of them holds."""
    few = all(chain.selective(statement.common) for chain in chains)
    if statement.walking or (statement.one_by_one and not few):
        return f"({' or '.join(chain.looked_up(statement, of) for chain in chains)})"
    if few or statement.alone or statement.either:
        return f"{of}.pk = any(array({' union all '.join(chain.found(statement) for chain in chains)}))"
    numbers = dict.fromkeys(chain.number for chain in chains)
    of_each = (_referring(statement, n, [one for one in chains if one.number == n]) for n in numbers)
    return f"{of}.pk in ({' union all '.join(of_each)})"


def _referring(statement: Statement, number: int, chains: Sequence[Refers]) -> str:
    """The ``pk`` of each resource that names such ones by a parameter, by a look at all that is named."""
    by, t = statement.alias(), statement.alias()
    kind, name = statement.value(KINDS[type_of(number)], "smallint"), _name_in(statement, t, number)
    return (
        f"select {by}.pk from fhir_resources.search {by} cross join unnest({by}.terms) {t}(term) "
        f"where {by}.kind = {kind} and {name} "
        f"in ({' union all '.join(chain.named(statement) for chain in chains)})"
    )


def _name_in(statement: Statement, t: str, number: int) -> str:
    """What a term ``t`` of a parameter names; null of others. As a CASE it is no condition of its own: of one
    the database would expect that next to no term meets it."""
    mask, base = statement.value(MASK, "bigint"), statement.value(base_of(number), "bigint")
    return f"case when {t}.term between {base} and {base} | {mask} then {t}.term & {mask} end"


def type_of(number: int) -> str:
    """The type of the resources that have a parameter."""
    return all_search_parameters()[number].resource_type


Pass = Callable[[Node], Node]
"""A step that makes of a tree another one that means the same."""

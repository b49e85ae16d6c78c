"""Terms: values that are found by being equal, as numbers of 64 bits.

The upper 12 bits name the parameter, the lower 52 are a hash of the value. Two values of one parameter have
the same hash by chance once in 2**52. Whoever makes one on purpose gains nothing: who can state a resource
can state the other value itself. Identifiers, by which people are found, are compared as they are
(identifiers.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b

from ehr.definitions.search_parameters import common_search_parameters
from ehr.remembering import remembered
from projections.search.entries import Entries
from projections.search.frequency import Common
from projections.search.statement import Statement

HASH_BITS = 52
MASK = (1 << HASH_BITS) - 1
"""The bits of a term that are the value's hash."""

REMEMBERED_VALUE = 200
"""Characters of values whose hashes are remembered; longer ones would fill the memory."""

_MIDDLE = 2048
"""Parameters are numbered from 0 to 4095; the terms of those below it are negative."""


COUNTED = 16
"""Terms of any of which resources are expected as the database's statistics tell."""


def fresh_hash_of(text: str) -> int:
    """52 bits, of a text that hardly comes again."""
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest()) >> (64 - HASH_BITS)


hash_of = remembered(1 << 15, REMEMBERED_VALUE)(fresh_hash_of)
"""The same, of texts that do."""


def base_of(number: int) -> int:
    """The term of a parameter whose hash is 0: all of its terms are base_of | hash."""
    return (number - _MIDDLE) << HASH_BITS


def number_of(term: int) -> int:
    """The parameter of a term."""
    return (term >> HASH_BITS) + _MIDDLE


def term(number: int, text: str) -> int:
    """The term of a value of a parameter."""
    return (_remembered if len(text) <= REMEMBERED_VALUE else _term)(number, text)


def _term(number: int, text: str) -> int:
    return base_of(number) | fresh_hash_of(text)


_remembered = lru_cache(maxsize=1 << 17)(_term)


_COMMON = frozenset(parameter.number for parameter in common_search_parameters().values())


@dataclass(frozen=True, slots=True)
class Terms:
    """Any of these terms."""

    any_of: tuple[int, ...]

    @property
    def tells_type(self) -> bool:
        """Whether only resources of one type have such terms: all but those of the common parameters."""
        return not any(number_of(one) in _COMMON for one in self.any_of)

    def sql(self, statement: Statement, of: str) -> str:
        """See ``tree.Node``."""
        if len(self.any_of) == 1:
            return f"{of}.terms @> {statement.value(list(self.any_of), 'bigint[]')}"
        terms = statement.value(list(self.any_of), "bigint[]")
        if len(self.any_of) > COUNTED:
            # Of many the database expects many resources, and would compare all: it is not shown them.
            return f"{of}.terms && array(select unnest({terms}))"
        return f"{of}.terms && {terms}"

    def holds(self, entries: Entries) -> bool:
        """See ``tree.Node``."""
        return not entries.terms.isdisjoint(self.any_of)

    def selective(self, common: Common) -> bool:
        """See ``tree.Node``."""
        return common.terms.isdisjoint(self.any_of)


@dataclass(frozen=True, slots=True)
class About(Terms):
    """The same of what a resource is about: such terms stand in a table in order of the main date, too."""


@dataclass(frozen=True, slots=True)
class SomeTerm:
    """Any term at all of one of these parameters."""

    numbers: tuple[int, ...]

    def sql(self, statement: Statement, of: str) -> str:
        """See ``tree.Node``."""
        lows = statement.value([base_of(number) for number in self.numbers], "bigint[]")
        t = statement.alias()
        return (
            f"exists (select from unnest({of}.terms) {t}(term) "
            f"where ({t}.term & {statement.value(~MASK, 'bigint')}) = any({lows}))"
        )

    def holds(self, entries: Entries) -> bool:
        """See ``tree.Node``."""
        bases = {base_of(number) for number in self.numbers}
        return any(one & ~MASK in bases for one in entries.terms)

    def selective(self, common: Common) -> bool:  # noqa: ARG002
        """See ``tree.Node``."""
        return False


def of_values(number: int, texts: Sequence[str]) -> Terms:
    """Any of the values of a parameter."""
    return Terms(tuple(dict.fromkeys(term(number, text) for text in texts)))

"""Parameters of type string (https://hl7.org/fhir/R4/search.html#string).

Case, accents and punctuation do not matter, and a text is found by its beginning; a name by the beginning of
any of its words, since people are called by the last one (``Hoa`` finds ``Nguyễn Thị Hoa``).
"""

from dataclasses import dataclass
from typing import Any

from ehr.names import unaccented
from projections.search.entries import Entries, StringEntry
from projections.search.errors import BadValue
from projections.search.frequency import Common
from projections.search.statement import Statement
from projections.search.tables import InTable
from projections.search.values import unescaped

INDEXED = 500
"""Characters of a folded text that the index orders by, as the schema says: entries of a b-tree end near
2,700 bytes. What follows is compared in the row."""

MOST_WORDS = 20
"""Words of a name by which it is found. What is kept from a later word on is twice as long as INDEXED."""

MODIFIERS = ("missing", "exact", "contains")

_PARTS_OF_NAMES = ("family", "given", "prefix", "suffix", "text")
_PARTS_OF_ADDRESSES = ("text", "line", "city", "district", "state", "postalCode", "country")


def index_string(entries: Entries, number: int, value: Any) -> None:
    """A string, or what is one by nature (markdown)."""
    if value.__class__ is str:
        folded = unaccented(value)
        if folded:
            entries.strings.append(StringEntry(number, folded, value))


def index_name(entries: Entries, number: int, value: Any) -> None:
    """A string within a HumanName; of its later words, as many as a name can have."""
    if value.__class__ is str:
        folded = unaccented(value)
        exact: str | None = value
        for _ in range(MOST_WORDS):
            if not folded:
                return
            entries.strings.append(StringEntry(number, folded, exact))
            folded, exact = folded[: INDEXED * 2].partition(" ")[2], None


def index_human_name(entries: Entries, number: int, value: Any) -> None:
    """Each part of a HumanName."""
    for part in _texts(value, _PARTS_OF_NAMES):
        index_name(entries, number, part)


def index_address(entries: Entries, number: int, value: Any) -> None:
    """Each part of an Address."""
    for part in _texts(value, _PARTS_OF_ADDRESSES):
        index_string(entries, number, part)


def _texts(value: dict[str, Any], parts: tuple[str, ...]) -> list[Any]:
    found: list[Any] = []
    for part in parts:
        text = value.get(part)
        if text.__class__ is list:
            found += text
        elif text is not None:
            found.append(text)
    return found


class _Text(InTable):
    """A row of a text."""

    __slots__ = ()
    table = "search_string"


@dataclass(frozen=True, slots=True)
class Beginning(_Text):
    """A text, or one of a name's words, begins so."""

    number: int
    folded: str

    def condition(self, statement: Statement, t: str) -> str:
        """See ``InTable``."""
        first = self.folded[:INDEXED]
        return (
            f"{t}.number = {statement.value(self.number, 'smallint')} "
            f"and left({t}.folded, {INDEXED}) >= {statement.value(first, 'text')} "
            f"and left({t}.folded, {INDEXED}) < {statement.value(first + _LAST, 'text')} "
            f"and starts_with({t}.folded, {statement.value(self.folded, 'text')})"
        )

    def holds(self, entries: Entries) -> bool:
        """See ``tree.Node``."""
        return any(e.number == self.number and e.folded.startswith(self.folded) for e in entries.strings)

    def selective(self, common: Common) -> bool:
        """See ``tree.Node``."""
        return not common.is_beginning(self.folded)


_LAST = "\U0010ffff"
"""Comes after every character that a folded text can have."""


@dataclass(frozen=True, slots=True)
class Exactly(_Text):
    """A text is this one."""

    number: int
    exact: str

    def condition(self, statement: Statement, t: str) -> str:
        """See ``InTable``."""
        folded = unaccented(self.exact)[:INDEXED]
        return (
            f"{t}.number = {statement.value(self.number, 'smallint')} "
            f"and left({t}.folded, {INDEXED}) = {statement.value(folded, 'text')} "
            f"and {t}.exact = {statement.value(self.exact, 'text')}"
        )

    def holds(self, entries: Entries) -> bool:
        """See ``tree.Node``."""
        return any(e.number == self.number and e.exact == self.exact for e in entries.strings)

    def selective(self, common: Common) -> bool:
        """See ``tree.Node``."""
        return not common.is_text(unaccented(self.exact))


@dataclass(frozen=True, slots=True)
class Containing(_Text):
    """A text has this anywhere."""

    number: int
    folded: str

    def condition(self, statement: Statement, t: str) -> str:
        """See ``InTable``."""
        return (
            f"{t}.number = {statement.value(self.number, 'smallint')} and {t}.exact is not null "
            f"and strpos({t}.folded, {statement.value(self.folded, 'text')}) > 0"
        )

    def holds(self, entries: Entries) -> bool:
        """See ``tree.Node``."""
        return any(
            e.number == self.number and e.exact is not None and self.folded in e.folded
            for e in entries.strings
        )


@dataclass(frozen=True, slots=True)
class SomeString(_Text):
    """There is a text."""

    number: int

    def condition(self, statement: Statement, t: str) -> str:
        """See ``InTable``."""
        return f"{t}.number = {statement.value(self.number, 'smallint')}"

    def holds(self, entries: Entries) -> bool:
        """See ``tree.Node``."""
        return any(e.number == self.number for e in entries.strings)


def read_string(number: int, name: str, modifier: str, text: str) -> Beginning | Exactly | Containing:
    """The condition of one value. Raises BadValue."""
    plain = unescaped(text)
    if modifier == "exact":
        return Exactly(number, plain)
    folded = unaccented(plain)
    if not folded:
        raise BadValue(f"{name} has a value without any letter or digit.")
    return Containing(number, folded) if modifier == "contains" else Beginning(number, folded)

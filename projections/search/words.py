"""Texts that stand for terms: what is found by a part of a text is found by way of its term.

The displays of codes and the addresses of profiles are few, and each is borne by many resources. So each
stands once in a table of its own.
"""

from dataclasses import dataclass

from projections.search.entries import Entries
from projections.search.frequency import Common
from projections.search.statement import Statement


@dataclass(frozen=True, slots=True)
class WordBeginning:
    """A text has a word that begins so: folded texts, whose words are parted by blanks."""

    number: int
    folded: str

    def sql(self, statement: Statement, of: str) -> str:
        """See ``tree.Node``."""
        t, folded = statement.alias(), statement.value(self.folded, "text")
        condition = f"(starts_with({t}.text, {folded}) or strpos({t}.text, ' ' || {folded}) > 0)"
        return _by_way_of_words(statement, of, t, self.number, condition)

    def holds(self, entries: Entries) -> bool:
        """See ``tree.Node``."""
        return any(e.number == self.number and self._is_in(e.text) for e in entries.words)

    def selective(self, common: Common) -> bool:
        """See ``tree.Node``."""
        return not any(number == self.number and self._is_in(text) for number, text in common.words)

    def _is_in(self, text: str) -> bool:
        return f" {self.folded}" in f" {text}"


@dataclass(frozen=True, slots=True)
class Below:
    """An address is this one or one below it, at a slash."""

    number: int
    address: str

    def sql(self, statement: Statement, of: str) -> str:
        """See ``tree.Node``."""
        t = statement.alias()
        condition = (
            f"({t}.text = {statement.value(self.address, 'text')} "
            f"or starts_with({t}.text, {statement.value(self.stem, 'text')}))"
        )
        return _by_way_of_words(statement, of, t, self.number, condition)

    @property
    def stem(self) -> str:
        """What all that is below begins with."""
        return self.address if self.address.endswith("/") else f"{self.address}/"

    def holds(self, entries: Entries) -> bool:
        """See ``tree.Node``."""
        return any(e.number == self.number and self._is_above(e.text) for e in entries.words)

    def selective(self, common: Common) -> bool:
        """See ``tree.Node``."""
        return not any(number == self.number and self._is_above(text) for number, text in common.words)

    def _is_above(self, text: str) -> bool:
        return text == self.address or text.startswith(self.stem)


def _by_way_of_words(statement: Statement, of: str, t: str, number: int, condition: str) -> str:
    return (
        f"{of}.terms && array(select {t}.term from fhir_resources.search_word {t} "
        f"where {t}.number = {statement.value(number, 'smallint')} and {condition})"
    )

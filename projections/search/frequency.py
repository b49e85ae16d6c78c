"""What many resources have, as the database's statistics tell: where it is asked for, many are expected."""

from collections.abc import Mapping
from dataclasses import dataclass, field

MANY = 2000
"""Resources: so many are looked at in order about as fast as they are gathered and sorted."""


@dataclass(frozen=True, slots=True)
class Common:
    """terms: that more than MANY resources have. words: texts that stand for such terms, each with the number
    of its parameter. texts: folded text -> rows of texts for which it stands, a sample of all."""

    terms: frozenset[int] = frozenset()
    words: frozenset[tuple[int, str]] = frozenset()
    texts: Mapping[str, float] = field(default_factory=dict)

    def is_text(self, folded: str) -> bool:
        """Whether many are this text."""
        return self.texts.get(folded, 0) > MANY

    def is_beginning(self, folded: str) -> bool:
        """Whether many texts begin so."""
        return sum(rows for text, rows in self.texts.items() if text.startswith(folded)) > MANY


NOTHING_KNOWN = Common()
"""Of a database without statistics: everything is taken for rare."""

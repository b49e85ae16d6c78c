"""Under which words a name is kept, and found: each of its words, and each two of them.

Few names hold two given words, however common each of them is, so that a search for several words reads few
names.
"""

from itertools import combinations

MOST_PAIRED = 12
"""Words of a name that are paired; with more it is no name of a person."""

LONGEST_PAIR = 100
"""Characters of two words; an entry of the index has room for them beside the name."""


def word_keys(words: list[str]) -> list[str]:
    """The words, and those pairs of them that are kept, each once: ``an``, ``van``, ``an van``."""
    words = list(dict.fromkeys(words))
    pairs = (" ".join(sorted(two)) for two in combinations(words[:MOST_PAIRED], 2))
    return [*words, *(pair for pair in pairs if len(pair) <= LONGEST_PAIR)]

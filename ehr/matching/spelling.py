"""Words that are nearly the same: a slip of a finger, or keys of an input method left behind."""

import re
from functools import lru_cache
from typing import Final

from ehr.names import fold

_DOUBLED: Final = re.compile(r"([aeo])\1|(d)\2")
_TONE_KEYS: Final = "sfrxj"
_VOWEL: Final = re.compile(r"[aeiou]")
_SHORTEST: Final = 3
"""Letters of a word that may be misspelt: of two letters, every word is nearly every other."""


@lru_cache(maxsize=65536)
def telex(word: str) -> str:
    """A folded word without what Telex types accents with, so that ``tuaans`` and ``tuấn`` are ``tuan``.

    Doubled letters, w, and a tone key at the end (TCVN 5712, Telex): letters that no Vietnamese word ends in.
    What is then at the end is folded: ``thuyr`` is ``thui``, as Thuỷ is.
    """
    if not _VOWEL.search(word):
        return word
    word = _DOUBLED.sub(lambda found: found[1] or found[2], word)
    word = word.rstrip(_TONE_KEYS) or word
    return fold(word.replace("w", "") or word)


def nearly(one: str, other: str) -> bool:
    """Whether one letter was changed, left out or put in, or two neighbours were exchanged."""
    short, long = (one, other) if len(one) <= len(other) else (other, one)
    if len(short) < _SHORTEST or len(long) - len(short) > 1:
        return False
    first = next((at for at, (a, b) in enumerate(zip(short, long, strict=False)) if a != b), len(short))
    if len(short) != len(long):
        return short[first:] == long[first + 1 :]
    exchanged = short[first : first + 2] == long[first : first + 2][::-1]
    return short[first + 1 :] == long[first + 1 :] or (exchanged and short[first + 2 :] == long[first + 2 :])

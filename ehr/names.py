"""Names of people: how they are shown, and the keys by which they are found.

Vietnamese names run surname, middle, given, and people are called by the last word. They are typed with or
without accents, with the tone on either vowel (Thúy, Thuý), with i or y at the end (Quí, Quý), in composed or
decomposed Unicode, with or without the apostrophes of highland names (H'Mông). Copied from elsewhere they
come with invisible characters and in compatibility forms (Ｈｏａ).
"""

import re
from collections.abc import Iterable, Sequence
from unicodedata import category, normalize

import msgspec

LONGEST = 200
"""Characters of a name that are shown, and of what is typed."""

MOST_BYTES = 350
"""Bytes of a name, taken apart, of which keys are made: about as many as LONGEST has in Vietnamese. One word,
all words with their parts, and the same folded fit into an entry of a b-tree then (2,700 bytes), even of
letters that are longer when they are small."""

JOINTS = "'’‘ʼʻ`´′-‐‑‒–—.·"
"""Marks within a word that are left out: ``H'Mông`` is ``hmong``."""

TONES = "\u0300\u0301\u0303\u0309\u0323"
"""Grave, acute, tilde, hook above, dot below: the tones of Vietnamese, apart from the marks of its vowels."""

OF_WOMEN = frozenset({"thi"})
OF_MEN = frozenset({"van", "a"})
SEX_MARKERS = OF_WOMEN | OF_MEN
"""Words, folded, that mark a sex between surname and given name (Thị; Văn, A), and are often left out."""

_BLANK = "\0\u200b"
"""What parts words though it is no white space: NUL, and the zero width space, which says where they end."""

_MENDED = {"ð": "đ", "ɖ": "đ"}
"""What some fonts and scanners make of đ."""

_SIMPLE = {"đ": "d", "ð": "d", "ɖ": "d", "ƀ": "b"}
"""Letters with a stroke, which Unicode does not take apart."""

_JOINED, _PARTED = (str.maketrans(dict.fromkeys(JOINTS, by)) for by in ("", " "))
_TONE = re.compile(f"[{TONES}]")
_USES = ("official", "usual", None, "temp", "nickname", "anonymous", "maiden", "old")


class Period(msgspec.Struct, frozen=True):
    """When a name was in use (https://hl7.org/fhir/R4/datatypes.html#Period)."""

    end: str | None = None


class HumanName(msgspec.Struct, frozen=True):
    """https://hl7.org/fhir/R4/datatypes.html#HumanName"""

    use: str | None = None
    text: str | None = None
    family: str | None = None
    given: list[str | None] = []
    period: Period = Period()


def plain(text: str) -> str:
    """As it would be typed: letters and digits in their usual form, and nothing that one cannot see.

    Compatibility forms are replaced (NFKC, https://www.unicode.org/reports/tr15/). Of what is invisible (soft
    hyphen, byte order mark, joiners, marks of direction) only the zero width space parts words.
    """
    return normalize("NFKC", text.translate(_PLAIN))


def fold(text: str) -> str:
    """The search key: small letters without accents, words parted by one blank, final y as i.

    ``Nguyễn Thị Thúy`` and ``NGUYEN THI  THUÝ`` are both ``nguyen thi thui``.
    """
    return " ".join(_with_final_i(word) for word in unaccented(text).split())


def unaccented(text: str) -> str:
    """As ``fold``, with y where it is written: what the beginning of a longer word is compared with."""
    return _letters(plain(text).translate(_JOINED), keep_marks=False)


def spelling(text: str) -> str:
    """As ``fold`` but with accents, each word's tone after its letters: where it stands does not matter."""
    words = _letters(plain(text).translate(_JOINED), keep_marks=True).split()
    return " ".join(_spelled(word) for word in words if word.translate(_BARE))


def name_words(name: str) -> list[str]:
    """The words by which a name is found, as ``spelling`` gives them, each once.

    A word with a joint also counts by its parts: ``H'Nao`` is found as ``hnao``, ``h`` and ``nao``.
    """
    name = normalize("NFD", plain(name)).encode()[:MOST_BYTES].decode(errors="ignore")
    return list(dict.fromkeys([*spelling(name).split(), *spelling(name.translate(_PARTED)).split()]))


def without_markers(words: Sequence[str]) -> list[str]:
    """Folded words without markers between the first and the last: ``nguyen thi lan`` is ``nguyen lan``."""
    return [*words[:1], *(word for word in words[1:-1] if word not in SEX_MARKERS), *words[1:][-1:]]


def displayed(name: HumanName) -> str:
    """The name as one reads it: its text, else surname first; "" when it says nothing."""
    return _in_one_line(name.text or "") or _in_parts(name)


def readings(name: HumanName) -> list[str]:
    """What a name is found by: as it is displayed, and its parts, if its text lacks some of their words."""
    said, parts = displayed(name), _in_parts(name)
    if parts in ("", said) or set(name_words(parts)) <= set(name_words(said)):
        return [said] if said else []
    return [said, parts]


def main_name(names: Iterable[HumanName]) -> str:
    """Of several names the one to show: in use rather than ended, official before others; "" for none."""
    return displayed(min(filter(displayed, names), key=_rank, default=HumanName()))


def _rank(name: HumanName) -> tuple[bool, int]:
    return name.period.end is not None, _USES.index(name.use) if name.use in _USES else len(_USES)


def _in_parts(name: HumanName) -> str:
    return _in_one_line(" ".join(part for part in (name.family, *name.given) if part))


def _in_one_line(text: str) -> str:
    return " ".join(text.translate(_UNBROKEN).split())


def _letters(text: str, *, keep_marks: bool) -> str:
    """Small letters and digits; what is neither parts words."""
    decomposed = normalize("NFD", normalize("NFD", text).lower())
    return " ".join(decomposed.translate(_MARKED if keep_marks else _BARE).split())


def _spelled(word: str) -> str:
    tones = "".join(sorted(_TONE.findall(word)))
    return normalize("NFC", _with_final_i(_TONE.sub("", word))) + tones


def _with_final_i(word: str) -> str:
    return f"{word[:-1]}i" if word.endswith("y") else word


class _Letters(dict[int, str]):
    """What becomes of each character; filled as characters are met."""

    def __init__(self, *, keep_marks: bool) -> None:
        super().__init__()
        self._keep_marks = keep_marks

    def __missing__(self, code: int) -> str:
        self[code] = self._become(chr(code))
        return self[code]

    def _become(self, character: str) -> str:
        kind = category(character)
        if kind[0] == "M":
            return character if self._keep_marks else ""
        if kind[0] in "LN":
            return (_MENDED if self._keep_marks else _SIMPLE).get(character, character)
        return " "


class _Plain(dict[int, str]):
    """What becomes of each character before compatibility forms are replaced; filled as they are met."""

    def __missing__(self, code: int) -> str:
        self[code] = "" if category(chr(code)) == "Cf" else chr(code)
        return self[code]


_BARE = _Letters(keep_marks=False)
_MARKED = _Letters(keep_marks=True)
_UNBROKEN = str.maketrans(dict.fromkeys(_BLANK, " "))
_PLAIN = _Plain({**_UNBROKEN, ord("´"): "'", ord("…"): " "})
"""The last two would become a blank with an accent, and joints."""

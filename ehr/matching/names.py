"""Names of people as they are compared, and how well two of them agree.

Vietnamese names run surname, middle, given; ``Thị`` stands in women's names, ``Văn`` and ``A`` in men's, and
is often left out. Clerks leave out accents, put a tone on the wrong word, forget a middle name, write
initials, turn the order round, or leave the keys of an input method behind (``Tuaans`` for ``Tuấn``).
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final

from ehr.formats.scanned import Private
from ehr.matching.spelling import nearly, telex
from ehr.names import LONGEST, OF_MEN, OF_WOMEN, SEX_MARKERS, fold, spelling

EXACT: Final = "exact"
PLAIN: Final = "plain"
TONES: Final = "tones"
MARKERS: Final = "markers"
ORDER: Final = "order"
MISSPELT: Final = "misspelt"
MISSING: Final = "missing"
INITIALS: Final = "initials"
GIVEN_MISSPELT: Final = "given_misspelt"
SURNAME: Final = "surname"
DIFFERENT: Final = "different"

LEVELS: Final = (
    EXACT, PLAIN, MARKERS, ORDER, MISSPELT, MISSING, INITIALS, TONES, GIVEN_MISSPELT, SURNAME, DIFFERENT,
)  # fmt: skip
"""From full agreement down.

exact: with accents. plain: but for accents that one side lacks altogether. markers: but for a marker left
out. order: the same words, turned round. misspelt: one letter of a word other than the given name, or keys of
Telex. missing: one word left out, not the given name. initials: words of which only the first letter is
written. tones: both with accents, but not the same. given_misspelt: one letter of the given name. surname:
all but the surname (in the highlands women may be called by their husband's). different: anything else.
"""

OF_SIBLINGS: Final = frozenset({TONES, GIVEN_MISSPELT, SURNAME, DIFFERENT})
"""Levels that brothers and sisters show too (Thúy and Thủy, Nam and Lam): what a household shares is no
evidence there."""

_MOST_WORDS: Final = 12
_MOST_LETTERS: Final = 40

_CHILD_OF: Final = ("con bà", "con mẹ", "con chị", "con cô", "con sản phụ", "con của bà", "con của", "cb")
_NOBODY: Final = (
    *_CHILD_OF,
    *("vô danh", "nam vô danh", "nữ vô danh", "không rõ", "không tên", "không biết", "không có", "chưa rõ"),
    *(
        "chưa đặt",
        "chưa có",
        "chưa xác",
        "trẻ sơ",
        "sơ sinh",
        "bé sơ",
        "bé trai",
        "bé gái",
        "cháu bé",
        "con ông",
    ),
    *("con thứ", "bệnh nhân", "nạn nhân", "người lạ", "người bệnh", "unknown", "baby"),
)
"""How placeholders begin: child of …, nameless, not known, not named yet, newborn, boy, girl, stranger."""

_PLACEHOLDERS, _CHILDREN = (
    {True: tuple(map(fold, words)), False: tuple(map(spelling, words))} for words in (_NOBODY, _CHILD_OF)
)
"""By whether they are written without accents. The Bru surname Côn is no ``con``."""


class Name(Private, frozen=True):
    """A name taken apart once.

    spelled: with accents, each word's tone after its letters. folded: without. words: of folded; core: the
    same without markers between the first and the last; keys: without any marker, sorted. bare: whether no
    word has an accent.
    """

    spelled: str
    folded: str
    words: tuple[str, ...]
    core: tuple[str, ...]
    keys: tuple[str, ...]
    bare: bool

    @property
    def surname(self) -> str:
        """The first word."""
        return self.words[0]

    @property
    def given(self) -> str:
        """The word that one is called by: the last."""
        return self.words[-1]


@lru_cache(maxsize=8192)
def name_of(text: str) -> Name | None:
    """The name that a text says; None for no words, and for a placeholder such as ``VÔ DANH``."""
    name = _taken_apart(text)
    return None if name is None or _begins(name, _PLACEHOLDERS) else name


@lru_cache(maxsize=8192)
def mother_in(text: str) -> Name | None:
    """The mother whom a placeholder names, as ``con bà Hồ Thị Lành`` does; None for one word alone."""
    name = _taken_apart(text)
    said = _begins(name, _CHILDREN) if name else 0
    words = [word for word in text[:LONGEST].split()[said:] if not word.strip("().,").isdigit()]
    return name_of(" ".join(words)) if said and len(words) > 1 else None


def _taken_apart(text: str) -> Name | None:
    text = text[:LONGEST]
    spelled = " ".join(spelling(text).split()[:_MOST_WORDS])
    words = tuple(word[:_MOST_LETTERS] for word in fold(text).split()[:_MOST_WORDS])
    if not words:
        return None
    inner = tuple(word for word in words[1:-1] if telex(word) not in SEX_MARKERS)
    core = (words[0], *inner, words[-1]) if len(words) > 1 else words
    keys = sorted(word for word in words if telex(word) not in SEX_MARKERS)
    folded = " ".join(words)
    return Name(
        spelled, folded, words, core, tuple(keys if len(keys) > 1 else sorted(words)), spelled == folded
    )


def _begins(name: Name, placeholders: Mapping[bool, Sequence[str]]) -> int:
    """With how many words of a placeholder the name begins; the most of any."""
    said = f"{name.folded if name.bare else name.spelled} "
    begun = (words for words in placeholders[name.bare] if said.startswith(f"{words} "))
    return max((words.count(" ") + 1 for words in begun), default=0)


def agreement(one: Name, other: Name) -> str:
    """The level of two names; the same whichever comes first."""
    if one.folded == other.folded:
        if one.spelled == other.spelled:
            return EXACT
        return PLAIN if one.bare or other.bare else TONES
    if _of_both_sexes(one, other):
        return DIFFERENT
    if one.core == other.core:
        return MARKERS
    if one.keys == other.keys:
        return ORDER if one.given == other.given or one.surname != other.surname else DIFFERENT
    return _in_part(one, other)


def _in_part(one: Name, other: Name) -> str:
    """Of names whose words are not the same."""
    if len(one.words) < 2 or len(other.words) < 2:
        return DIFFERENT
    if len(one.core) == len(other.core):
        return _word_by_word(one, other)
    fewer, more = (one, other) if len(one.core) < len(other.core) else (other, one)
    left_out = len(more.core) - len(fewer.core) == 1 and fewer.given == more.given
    return MISSING if left_out and len(fewer.core) > 1 and _within(fewer.core, more.core) else DIFFERENT


def _word_by_word(one: Name, other: Name) -> str:
    unlike = [place for place, (a, b) in enumerate(zip(one.core, other.core, strict=True)) if a != b]
    if all(telex(one.core[place]) == telex(other.core[place]) for place in unlike):
        return MISSPELT
    if all(_is_initial(one.core[place], other.core[place]) for place in unlike):
        return INITIALS if len(one.core) - 1 not in unlike else DIFFERENT
    if len(unlike) > 1:
        return DIFFERENT
    (place,) = unlike
    if nearly(one.core[place], other.core[place]):
        return GIVEN_MISSPELT if place == len(one.core) - 1 else MISSPELT
    return SURNAME if place == 0 and one.words[1:] == other.words[1:] and len(one.words) > 2 else DIFFERENT


def _of_both_sexes(one: Name, other: Name) -> bool:
    """Thị in one and Văn or A in the other: brother and sister may share the rest."""
    some, others = _sexes(one), _sexes(other)
    return bool(some and others and some != others)


def _sexes(name: Name) -> str:
    inner = name.words[1:-1]
    if not inner:
        return ""
    first = telex(inner[0])
    return "f" if first in OF_WOMEN else "m" if first in OF_MEN else ""


def _within(fewer: Sequence[str], more: Sequence[str]) -> bool:
    """Whether the fewer words stand among the more in the same order."""
    rest = iter(more)
    return all(word in rest for word in fewer)


def _is_initial(one: str, other: str) -> bool:
    return one[:1] == other[:1] and (len(one) == 1 or len(other) == 1)

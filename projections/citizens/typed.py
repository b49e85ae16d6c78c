"""What somebody typed or scanned into the one search box, as the look-up asks for it."""

from collections.abc import Iterator
from typing import NamedTuple

from ehr.communes.naming import communes_called, words_of_commune
from ehr.formats.reading import read
from ehr.formats.scanned import Kind, Scanned
from ehr.formats.telephone import telephone_key
from ehr.formats.warning_codes import WarningCode
from ehr.matching.spelling import telex
from ehr.names import LONGEST, fold, plain, spelling, unaccented, without_markers
from projections.citizens.numbers import number_key
from projections.citizens.patient import Birth, birth_of

MOST_WORDS = 12

_SHORTEST_ID = 100
"""Characters of what may be an identifier of a kind that nobody knows here, or a Patient.id."""


class Name(NamedTuple):
    """A name that is looked for. text: as it was typed. birth: what was said about the birth date. communes:
    codes of today's communes in one of which the person lives; none for anywhere."""

    text: str = ""
    birth: Birth = Birth()
    communes: frozenset[str] = frozenset()

    @property
    def words(self) -> list[str]:
        """The name's words without accents."""
        return fold(self.text).split()[:MOST_WORDS]

    @property
    def begun(self) -> str:
        """The last word, as the beginning of a longer one."""
        return unaccented(self.text).split()[-1] if self.words else ""

    @property
    def accented(self) -> list[str]:
        """The words with their accents, blanks around each; none when none has an accent."""
        words = spelling(self.text).split()[:MOST_WORDS]
        return [f" {word} " for word in words] if words != self.words else []


class Typed(NamedTuple):
    """numbers, telephones: keys of what the text may be. id: what may be a Patient.id. name: who is looked
    for where no number is found. warnings: what to look at twice."""

    numbers: tuple[str, ...] = ()
    telephones: tuple[str, ...] = ()
    id: str = ""
    name: Name = Name()
    warnings: tuple[WarningCode, ...] = ()


def read_typed(text: str) -> Typed:
    """Whatever ``ehr.formats.reading.read`` knows: cards and their numbers, a telephone, a name with or
    without a birth date.

    A single word that holds a digit may be an identifier of another kind as well.
    """
    scanned, single = read(text), _single(text)
    numbers = [number_key(one.value) for one in scanned.fields.numbers]
    telephones = [telephone_key(scanned.fields.telephone or ""), telephone_key(single)]
    return Typed(
        numbers=_each([*numbers, number_key(single)]),
        telephones=_each(telephones),
        id=single,
        name=_name(scanned),
        warnings=scanned.warnings,
    )


def similar_names(name: Name) -> Iterator[Name]:
    """How the name may be meant when nobody bears it as it was typed, the likeliest first: the last words are
    a commune, the keys of Telex were left behind, a marker (Thị, Văn, A) is one too many."""
    words = name.words
    if not name.communes:
        for before, codes in words_of_commune(words, fewest=2):
            yield Name(" ".join(name.text.split()[: len(before)]), name.birth, codes)
    for others in ([telex(word) for word in words], without_markers(words)):
        if others != words and len(others) > 1:
            yield Name(" ".join(others), name.birth, name.communes)


def _single(text: str) -> str:
    """The text where it may be one identifier; "" for words and for the fields of a card."""
    text = plain(text[: 2 * _SHORTEST_ID]).strip()
    one = len(text.split()) == 1 or not any(map(str.isalpha, text))
    one = one and "|" not in text
    return text if one and len(text) <= _SHORTEST_ID and any(map(str.isdigit, text)) else ""


def _name(scanned: Scanned) -> Name:
    """With the communes that are named after a comma."""
    said, birth = scanned.fields.name or "", scanned.fields.birth
    name, *rest = said[:LONGEST].split(",") if scanned.kinds == (Kind.TEXT,) else [said[:LONGEST]]
    named = {part: communes_called(part) for part in rest}
    communes = frozenset[str]().union(*named.values())
    words = [name, *(part for part, codes in named.items() if not codes)]
    return Name(" ".join(" ".join(words).split()), birth_of(birth) if birth else Birth(), communes)


def _each(keys: list[str | None] | list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(key for key in keys if key))

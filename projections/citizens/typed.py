"""What somebody typed or scanned into the one search box, taken apart."""

from typing import NamedTuple

from ehr.formats.said import birth_said
from ehr.formats.telephone import telephone_key
from ehr.names import LONGEST, fold, plain, spelling, unaccented
from projections.citizens.numbers import is_card, number_key
from projections.citizens.patient import Birth, birth_of

MOST_WORDS = 12


class Typed(NamedTuple):
    """number, telephone: keys, where the text may be one. name: the words that are neither number nor date.
    birth: what is said about the birth date."""

    number: str | None = None
    telephone: str | None = None
    name: str = ""
    birth: Birth = Birth()

    @property
    def words(self) -> list[str]:
        """The name's words without accents."""
        return fold(self.name).split()[:MOST_WORDS]

    @property
    def begun(self) -> str:
        """The last word, as the beginning of a longer one."""
        return unaccented(self.name).split()[-1] if self.words else ""

    @property
    def accented(self) -> list[str]:
        """The words with their accents, blanks around each; none when none has an accent."""
        words = spelling(self.name).split()[:MOST_WORDS]
        return [f" {word} " for word in words] if words != self.words else []


def read_typed(text: str) -> Typed:
    """A scan (``number|…``, the QR of an identity or insurance card), a number, a name, a name with a date.

    A single word that holds a digit may be an identifier or a name: both are said.
    """
    text = " ".join(plain(text).split())
    scanned, bar, _ = text.partition("|")
    if bar or is_card(text) or not any(character.isalpha() for character in text):
        return Typed(number_key(scanned) or None, telephone_key(scanned))
    said = [(word, _birth(word)) for word in text[:LONGEST].split()]
    name = " ".join(word for word, birth in said if birth is None)
    birth = next((birth for _, birth in said if birth), Birth())
    single = len(said) == 1 and any(character.isdigit() for character in text)
    return Typed(number_key(text) if single else None, None, name, birth)


def _birth(word: str) -> Birth | None:
    """The birth date that a word says."""
    said = birth_said(word)
    return birth_of(said) if said else None

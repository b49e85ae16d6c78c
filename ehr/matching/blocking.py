"""Keys under which a Person is found by whoever may be the same one.

Two Persons are compared when they share a key. Each key is so selective that few people of a million share
it, and each damage that is frequent leaves at least one key as it is.
"""

from collections.abc import Iterator
from itertools import islice
from typing import Final

from ehr.matching.births import Birth
from ehr.matching.names import Name
from ehr.matching.person import Person
from ehr.matching.spelling import telex

COMMON: Final = 300
"""A key that more people share than this says nothing: whoever looks candidates up leaves it out. Stations
state their own telephone for everybody. Of those who share a number so many are looked at."""

_SEXES: Final = ("female", "male")

MOST: Final = 48
"""Keys of one person; what is first is kept."""


def block_keys(person: Person) -> list[str]:
    """At most MOST, each once.

    ``n``: a number. ``t``: a telephone. ``y``: the words of the name, birth year and sex (both, where it is
    not known). ``d``: the birth day, month and day in the order of their size, with the first or the last
    word. ``m``: the name's words, month and day. ``g``: surname, given name, year and commune. ``p``: mother
    and birth day. Words are without accents, and without what Telex types them with.
    """
    return list(dict.fromkeys(islice(_keys(person), MOST)))


def is_of_number(key: str) -> bool:
    """Whether a key is a number, of whatever kind."""
    return key.startswith("n|")


def _keys(person: Person) -> Iterator[str]:
    for number in person.every_number:
        yield f"n|{number.kind}|{number.value}"
    for telephone in sorted(person.telephones):
        yield f"t|{telephone}"
    if person.birth:
        for mother in person.mothers:
            yield f"p|{_words(mother)}|{_day(person.birth) or person.birth.year}"
        for name in person.every_name:
            yield from _of_name(name, person, person.birth)


def _of_name(name: Name, person: Person, birth: Birth) -> Iterator[str]:
    day = _day(birth)
    for sex in (person.sex,) if person.sex in _SEXES else _SEXES:
        yield f"y|{_words(name)}|{birth.year}|{sex}"
    if day:
        yield f"d|{day}|{telex(name.surname)}"
        yield f"d|{day}|{telex(name.given)}"
        yield f"m|{_words(name)}|{day[4:]}"
    if person.commune:
        yield f"g|{telex(name.surname)}|{telex(name.given)}|{birth.year}|{person.commune}"


def _words(name: Name) -> str:
    return " ".join(sorted(map(telex, name.keys)))


def _day(birth: Birth) -> str:
    """Year, and month and day with the smaller first; "" for a partial date."""
    digits = birth.digits
    return digits and f"{digits[:4]}{min(digits[4:6], digits[6:])}{max(digits[4:6], digits[6:])}"

"""What is read of a Patient (https://hl7.org/fhir/R4/patient.html)."""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import chain
from typing import NamedTuple

import msgspec

from ehr.addresses import Address, Residence, in_one_line, residence_of
from ehr.dates import ZONE, span
from ehr.formats.telephone import telephone_key
from ehr.identifiers import shortened
from ehr.matching.captured import CAPTURED
from ehr.names import LONGEST, HumanName, main_name, name_words, readings
from projections.citizens.numbers import Identified, counted_as, number_key

MOST_NAMES = 20
MOST_NUMBERS = 50
MOST_TELEPHONES = 50
"""Elements of a Patient that are read, the first ones: a single name leaves some hundred rows."""


class Number(NamedTuple):
    """An identifier. key: see numbers.number_key; system: "" where none is stated. kind, obtained: see
    numbers.counted_as."""

    key: str
    system: str
    value: str
    use: str | None
    kind: str | None
    obtained: str | None


class Name(NamedTuple):
    """A name and its words: ``spelled`` as person_name holds them."""

    name: str
    spelled: str


class Birth(NamedTuple):
    """A birth date as stated, possibly partial, and the first and last day that it can mean."""

    text: str | None = None
    earliest: date | None = None
    latest: date | None = None


class Citizen(msgspec.Struct, frozen=True):
    """A Patient as the look-up needs it."""

    name: str
    sex: str | None
    birth: Birth
    residence: Residence
    telephones: list[str]
    deceased: bool
    deceased_on: str | None
    active: bool
    numbers: list[Number]
    names: list[Name]


class _Extension(msgspec.Struct, frozen=True):
    url: str = ""
    valueCode: str | None = None


class _Identifier(msgspec.Struct, frozen=True):
    use: str | None = None
    system: str | None = None
    value: str | None = None
    extension: list[_Extension] = []


class _ContactPoint(msgspec.Struct, frozen=True):
    system: str | None = None
    value: str | None = None


class _Patient(msgspec.Struct, frozen=True):
    active: bool = True
    name: list[HumanName] = []
    identifier: list[_Identifier] = []
    telecom: list[_ContactPoint] = []
    gender: str | None = None
    birthDate: str | None = None
    deceasedBoolean: bool = False
    deceasedDateTime: str | None = None
    address: list[Address] = []


_decode = msgspec.json.Decoder(_Patient).decode


def read_patient(body: bytes) -> Citizen:
    """From the resource's bytes, which intake has accepted."""
    stated = _decode(body)
    return Citizen(
        name=main_name(stated.name[:MOST_NAMES])[:LONGEST],
        sex=stated.gender,
        birth=birth_of(stated.birthDate),
        residence=residence_of(stated.address),
        telephones=list(dict.fromkeys(_telephones(stated.telecom[:MOST_TELEPHONES]))),
        deceased=stated.deceasedBoolean or stated.deceasedDateTime is not None,
        deceased_on=stated.deceasedDateTime,
        active=stated.active,
        numbers=list(dict.fromkeys(_numbers(stated))),
        names=list(dict.fromkeys(_names(stated.name[:MOST_NAMES]))),
    )


def birth_of(text: str | None) -> Birth:
    """``1990-05`` is some day from 1 May to 31 May 1990."""
    meant = span(text) if text else None
    if meant is None:
        return Birth(text)
    latest = meant.end.astimezone(ZONE) - timedelta(microseconds=1)
    return Birth(text, meant.start.astimezone(ZONE).date(), latest.date())


def spelled(name: str) -> str:
    """The words of a name as person_name holds them: ``" hồ văn thử "``, but for the place of tones."""
    words = " ".join(name_words(name))
    return f" {words} " if words else ""


def _names(names: list[HumanName]) -> Iterator[Name]:
    for text in chain.from_iterable(map(readings, names)):
        if words := spelled(text):
            yield Name(text[:LONGEST], words)


def _numbers(stated: _Patient) -> Iterator[Number]:
    for one in stated.identifier[:MOST_NUMBERS]:
        if one.value and number_key(one.value):
            said = [each.valueCode or "" for each in one.extension if each.url == CAPTURED]
            identified = Identified(one.system or "", one.value, one.use == "old", said)
            counted = counted_as(identified, stated.gender, stated.birthDate)
            yield Number(
                number_key(one.value), _kept(one.system), _kept(one.value), in_one_line(one.use), *counted
            )


def _kept(text: str | None) -> str:
    return shortened((text or "").replace("\0", " "))


def _telephones(points: list[_ContactPoint]) -> Iterator[str]:
    for point in points:
        key = telephone_key(point.value or "") if point.system in ("phone", "sms") else None
        if key:
            yield key

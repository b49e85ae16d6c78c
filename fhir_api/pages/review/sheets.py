"""What a Patient states, field by field, as two of them are laid side by side. Pure.

Fields that are compared bear the names that they have in evidence (ehr.matching); the others only help to
tell two people apart.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

import msgspec

from ehr.addresses import Address, residence_of
from ehr.matching.captured import CAPTURED, CODES, TYPED
from ehr.matching.numbers import (
    INSURANCE,
    OLD_CARD,
    PAPER,
    PASSPORT,
    PERSONAL,
    TEMPORARY,
    number_of,
    telephone_of,
)
from ehr.matching.person import MOTHER
from ehr.names import LONGEST, HumanName, Period, displayed, spelling
from ehr.systems import (
    BIRTH_PAPER,
    CANCELLED_NATIONAL_ID,
    INSURANCE_NUMBER,
    NATIONAL_ID,
    OLD_CITIZEN_ID,
    PASSPORT_NUMBER,
    TEMPORARY_ID,
)
from projections.health_record.elements import Concept, shown, words

NAME, FORMER, BIRTH, SEX, RESIDENCE, TELEPHONE, MOTHERS = (
    "name", "former_name", "birth", "sex", "residence", "telephone", "mother",
)  # fmt: skip
ORDER, OTHER_NUMBER, DECEASED, ACTIVE = "birth_order", "other_number", "deceased", "active"

NUMBERS: Final = (PERSONAL, INSURANCE, PASSPORT, OLD_CARD, PAPER, TEMPORARY)
FIELDS: Final = (
    NAME, FORMER, BIRTH, SEX, *NUMBERS, TELEPHONE, RESIDENCE, MOTHERS, ORDER, OTHER_NUMBER, DECEASED, ACTIVE,
)  # fmt: skip
"""In the order in which they are read."""

MOST: Final = 6
"""Values of a field that are shown."""

MOST_READ: Final = 50
"""Elements of a list that are looked at."""

_KINDS: Final = {
    NATIONAL_ID: PERSONAL,
    CANCELLED_NATIONAL_ID: PERSONAL,
    INSURANCE_NUMBER: INSURANCE,
    PASSPORT_NUMBER: PASSPORT,
    OLD_CITIZEN_ID: OLD_CARD,
    BIRTH_PAPER: PAPER,
    TEMPORARY_ID: TEMPORARY,
}


class Value(NamedTuple):
    """text: as it was stated. key: by which two are the same. captured: how a number was obtained, one of
    ehr.matching.captured.CODES. ended: out of use, as it is stated. label: what a number of no known kind is.
    related: a RelatedPerson says so.
    """

    text: str
    key: str
    captured: str | None = None
    ended: bool = False
    label: str | None = None
    related: bool = False


Sheet = Mapping[str, Sequence[Value]]
"""Field -> what is stated in it."""


class _Extension(msgspec.Struct, frozen=True, gc=False):
    url: str = ""
    valueCode: str | None = None


class _Identifier(msgspec.Struct, frozen=True, gc=False):
    use: str | None = None
    type: Concept | None = None
    system: str | None = None
    value: str | None = None
    period: Period = Period()
    extension: tuple[_Extension, ...] = ()


class _ContactPoint(msgspec.Struct, frozen=True, gc=False):
    system: str | None = None
    value: str | None = None
    use: str | None = None


class _Contact(msgspec.Struct, frozen=True, gc=False):
    relationship: tuple[Concept, ...] = ()
    name: HumanName = HumanName()


class _Relative(msgspec.Struct, frozen=True, gc=False):
    relationship: tuple[Concept, ...] = ()
    name: tuple[HumanName, ...] = ()


class _Patient(msgspec.Struct, frozen=True, gc=False):
    name: tuple[HumanName, ...] = ()
    identifier: tuple[_Identifier, ...] = ()
    birthDate: str | None = None
    gender: str | None = None
    multipleBirthInteger: int | None = None
    deceasedBoolean: bool = False
    deceasedDateTime: str | None = None
    active: bool = True
    address: tuple[Address, ...] = ()
    telecom: tuple[_ContactPoint, ...] = ()
    contact: tuple[_Contact, ...] = ()


_patient = msgspec.json.Decoder(_Patient).decode
_relative = msgspec.json.Decoder(_Relative).decode


def sheet_of(body: bytes, on: str, relatives: Iterable[bytes] = ()) -> Sheet:
    """What a Patient and its RelatedPersons state. Nothing, of a body that cannot be read.

    on: the day (ISO) before which a period has to end for what is stated to be out of use.
    """
    try:
        stated = _patient(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}
    sheet: defaultdict[str, list[Value]] = defaultdict(list)
    numbers = _numbers(stated.identifier[:MOST_READ], on)
    for field, value in (*_about(stated, on), *numbers, *_mothers(stated, relatives)):
        if value not in sheet[field] and len(sheet[field]) < MOST:
            sheet[field].append(value)
    return sheet


def _about(stated: _Patient, on: str) -> Iterator[tuple[str, Value]]:
    for name in stated.name[:MOST_READ]:
        former = _has_ended(name.use, name.period, on)
        yield from _named(FORMER if former else NAME, name)
    yield from _text(BIRTH, stated.birthDate)
    yield from _text(SEX, stated.gender)
    for one in stated.telecom[:MOST_READ]:
        if one.system in ("phone", "sms") and one.value:
            key = telephone_of(one.value) or one.value
            yield from _text(TELEPHONE, one.value, key, ended=one.use == "old")
    for address in stated.address[:MOST]:
        ended = _has_ended(address.use, address.period, on)
        yield from _text(RESIDENCE, residence_of([address]).address, ended=ended)
    yield from _text(ORDER, str(stated.multipleBirthInteger or ""))
    yield from _text(DECEASED, stated.deceasedDateTime or ("true" if stated.deceasedBoolean else None))
    yield from _text(ACTIVE, None if stated.active else "false")


def _numbers(stated: Iterable[_Identifier], on: str) -> Iterator[tuple[str, Value]]:
    for one in stated:
        value, captured = shown(one.value), _captured(one.extension)
        if not value:
            continue
        ended = _has_ended(one.use, one.period, on) or one.system == CANCELLED_NATIONAL_ID
        end = one.period.end or ""
        known = number_of(one.system or "", value, captured, old=one.use == "old", end=end, on=on)
        field = known.kind if known else _KINDS.get(one.system or "", OTHER_NUMBER)
        label = (words(one.type) or shown(one.system)) if field == OTHER_NUMBER else None
        key, ended = (known.value, known.ended) if known else (value, ended)
        yield field, Value(value, key, captured, ended, label)


def _mothers(stated: _Patient, relatives: Iterable[bytes]) -> Iterator[tuple[str, Value]]:
    for contact in stated.contact[:MOST_READ]:
        if _is_mother(contact.relationship):
            yield from _named(MOTHERS, contact.name)
    for body in relatives:
        try:
            relative = _relative(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            continue
        for name in relative.name[:MOST_READ] if _is_mother(relative.relationship) else ():
            for field, value in _named(MOTHERS, name):
                yield field, value._replace(related=True)


def _named(field: str, name: HumanName) -> Iterator[tuple[str, Value]]:
    called = displayed(name)[:LONGEST]
    yield from _text(field, called, spelling(called))


def _is_mother(relationship: Iterable[Concept]) -> bool:
    return any(coding.code in MOTHER for concept in relationship for coding in concept.coding)


def _has_ended(use: str | None, period: Period, on: str) -> bool:
    return use == "old" or (period.end is not None and period.end[:10] < on[: len(period.end[:10])])


def _captured(extensions: Iterable[_Extension]) -> str:
    """The weakest of what is said."""
    said = {one.valueCode for one in extensions if one.url == CAPTURED}
    return next((code for code in CODES if code in said), TYPED)


def _text(
    field: str, text: str | None, key: str | None = None, *, ended: bool = False
) -> Iterator[tuple[str, Value]]:
    text = shown(text)
    if text:
        yield field, Value(text, key or text, ended=ended)

"""What something scanned or typed says: of one shape for every format."""

from enum import StrEnum
from typing import Any

import msgspec

from ehr.formats.warning_codes import WarningCode


class Kind(StrEnum):
    """What was scanned or typed."""

    PERSONAL_NUMBER = "personal-number"
    OLD_CITIZEN_ID = "old-citizen-id"
    CITIZEN_CARD = "citizen-card"
    MACHINE_READABLE_ZONE = "machine-readable-zone"
    CHIP = "chip"
    INSURANCE_NUMBER = "insurance-number"
    INSURANCE_CARD = "insurance-card"
    BIRTH_PAPER = "birth-paper"
    TEMPORARY_ID = "temporary-id"
    TELEPHONE = "telephone"
    PAYMENT = "payment"
    TEXT = "text"


class Spelling(StrEnum):
    """How far a name can be trusted. Only one that is ``written`` may be stored, or replace a stored one,
    without being confirmed."""

    WRITTEN = "written"
    UNACCENTED = "unaccented"
    DAMAGED = "damaged"


class Private(msgspec.Struct, frozen=True):
    """Says who somebody is: neither its repr nor its text tells what."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}(…)"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return []


class Number(Private, frozen=True):
    """A business identifier. system: of ehr.systems."""

    system: str
    value: str


class Insurance(Private, frozen=True):
    """What an insurance card says of the insurance.

    object, level, province: as the card's number has them (province: the code before 1 July 2025). facility:
    where the person is registered, 5 characters. issued, valid_from, valid_until, five_years_on: FHIR dates,
    possibly partial; five_years_on: since when the person has been insured for five years without a break.
    area: K1, K2 or K3.
    """

    object: str | None = None
    level: str | None = None
    province: str | None = None
    facility: str | None = None
    issued: str | None = None
    valid_from: str | None = None
    valid_until: str | None = None
    issuer: str | None = None
    area: str | None = None
    five_years_on: str | None = None


class Fields(Private, frozen=True):
    """What is filled in. birth, issued, valid_until: FHIR dates, possibly partial. sex: as Patient.gender.
    address: the text as it stands, perhaps of before 1 July 2025. parent: on an insurance card."""

    numbers: tuple[Number, ...] = ()
    name: str | None = None
    spelling: Spelling = Spelling.WRITTEN
    birth: str | None = None
    sex: str | None = None
    address: str | None = None
    telephone: str | None = None
    hometown: str | None = None
    nationality: str | None = None
    ethnic_group: str | None = None
    father: str | None = None
    mother: str | None = None
    parent: str | None = None
    issued: str | None = None
    valid_until: str | None = None
    insurance: Insurance | None = None

    def number(self, system: str) -> str | None:
        """The first number of a system of ehr.systems."""
        return next((one.value for one in self.numbers if one.system == system), None)


class Extra(Private, frozen=True):
    """Something that is kept as it came. place: where, as the format counts (field of a QR, id on a chip)."""

    place: str
    text: str


class Scanned(Private, frozen=True):
    """kinds: what it may be, the likeliest first. layout: of a card, as far as it can be told."""

    kinds: tuple[Kind, ...]
    fields: Fields = Fields()
    layout: str | None = None
    extra: tuple[Extra, ...] = ()
    warnings: tuple[WarningCode, ...] = ()

    def __repr__(self) -> str:
        return f"Scanned({', '.join(self.kinds)}; {', '.join(self.warnings) or 'no warnings'})"

    def warned(self, *codes: WarningCode) -> "Scanned":
        """The same with more warnings, each once."""
        return msgspec.structs.replace(self, warnings=each_once(*codes, *self.warnings))


def each_once(*codes: WarningCode) -> tuple[WarningCode, ...]:
    """The codes in their order."""
    return tuple(dict.fromkeys(codes))


def together(readings: list[Scanned]) -> Scanned:
    """What may be of several kinds: all numbers, the first of everything else."""
    first = readings[0]
    if len(readings) == 1:
        return first
    telephone = next((one.fields.telephone for one in readings if one.fields.telephone), None)
    numbers = tuple(number for one in readings for number in one.fields.numbers)
    return Scanned(
        tuple(kind for one in readings for kind in one.kinds),
        msgspec.structs.replace(first.fields, numbers=numbers, telephone=telephone),
        warnings=each_once(
            WarningCode.SEVERAL_MEANINGS, *(code for one in readings for code in one.warnings)
        ),
    )

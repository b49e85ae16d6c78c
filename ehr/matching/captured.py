"""How the number of an Identifier came into the record.

A simple extension on Identifier (https://hl7.org/fhir/R4/extensibility.html) with a ``valueCode``. Captured
is not verified: a QR code is static and unsigned, a chip that nobody authenticated may be a copy. Without the
extension, or with another code, a number counts as typed.
"""

from typing import Final

CAPTURED: Final = "http://fhir.example.vn/StructureDefinition/identifier-captured"

TYPED: Final = "typed"
"""Somebody read it and typed it."""

QR: Final = "qr"
"""Scanned from the QR code of a card."""

MRZ: Final = "mrz"
"""Scanned from the machine-readable zone of a card, check digits right (ICAO 9303-5)."""

CHIP: Final = "chip"
"""Read from a card's chip without passive authentication."""

VERIFIED: Final = "verified"
"""Confirmed by an online service, or read from a chip whose passive authentication held."""

CODES: Final = (TYPED, QR, MRZ, CHIP, VERIFIED)
"""From the weakest to the strongest."""


def obtained(one: str, other: str) -> str:
    """How far a number that two Patients share is to be trusted, the weaker of both (evidence.OBTAINED)."""
    if TYPED in (one, other):
        return "typed"
    return "verified" if one == other == VERIFIED else "captured"

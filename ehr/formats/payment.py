"""Payment codes (VietQR of NAPAS, after EMVCo's merchant-presented mode): recognised, so that nobody takes
one for a person. Nothing of them is filled in."""

from ehr.formats.scanned import Kind, Scanned
from ehr.formats.warning_codes import WarningCode

BEGINNING = "000201"
"""Payload format indicator: tag 00, length 02, value 01."""

SHORTEST = 30
"""Characters; longer than any number of a person."""

_CHECK = "6304"


def read_payment(text: str) -> Scanned | None:
    """None for what does not begin as one; it ends with a CRC over all before it."""
    if not text.startswith(BEGINNING) or len(text) < SHORTEST:
        return None
    stated, check = text[:-4], text[-4:].upper()
    right = stated.endswith(_CHECK) and check == f"{crc16(stated.encode()):04X}"
    damaged = [] if right else [WarningCode.PAYMENT_CODE_DAMAGED]
    return Scanned((Kind.PAYMENT,), warnings=(WarningCode.PAYMENT_CODE, *damaged))


def crc16(data: bytes) -> int:
    """CRC-16/CCITT-FALSE: polynomial 1021, from FFFF (ISO/IEC 13239, without its last inversion)."""
    remainder = 0xFFFF
    for byte in data:
        remainder ^= byte << 8
        for _ in range(8):
            remainder = (remainder << 1 ^ (0x1021 if remainder & 0x8000 else 0)) & 0xFFFF
    return remainder

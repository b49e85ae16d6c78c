"""Data group 13 of the chip of an identity card: what is printed on the card, in Vietnamese.

Tag 6D; in it sequences (30) of an id (02) and texts (0C, UTF-8), some nested once more. Read without its
signature it is captured, not verified. Ids 1 to 13 are those on which independent readers agree; others are
kept as they came.

Religion (7) and distinguishing marks (10) are dropped, and so are fingerprints, should a reader hand over
more than this group: care has no use for them, and what is not needed is not collected (Law 91/2025/QH15
on personal data).
"""

from collections.abc import Iterator
from typing import NamedTuple

from ehr.addresses import in_one_line
from ehr.formats.bars import SEXES, dated, named
from ehr.formats.personal_number import PersonalNumber, personal_number
from ehr.formats.scanned import Extra, Fields, Kind, Number, Scanned, each_once
from ehr.formats.warning_codes import WarningCode
from ehr.systems import NATIONAL_ID

LONGEST = 16_384
"""Bytes that are read; the group of a card has about 500."""

DEEPEST = 6
"""Nested sequences that are followed."""

MOST_TEXTS = 100

KNOWN = range(1, 14)
DROPPED = (7, 10)
"""Religion and distinguishing marks."""

_GROUP, _SEQUENCES, _ID, _TEXT = 0x6D, (0x30, 0x31), 0x02, 0x0C


class _Element(NamedTuple):
    tag: int
    value: bytes
    whole: bool


def read_chip(data: bytes) -> Scanned | None:
    """None for what is not data group 13."""
    top = next(_elements(data[:LONGEST]), None)
    if top is None or top.tag != _GROUP:
        return None
    texts: dict[int, list[str]] = {}
    whole = _gather(top.value, texts, DEEPEST) and top.whole and len(data) <= LONGEST
    scanned = _filled({id_: in_one_line(said[0]) or "" for id_, said in texts.items()}, texts.get(13, []))
    extra = tuple(
        Extra(str(id_), text) for id_, said in sorted(texts.items()) if id_ not in KNOWN for text in said
    )
    codes = [] if whole else [WarningCode.CHIP_DAMAGED]
    codes += [WarningCode.UNKNOWN_FIELDS] if extra else []
    return Scanned(scanned.kinds, scanned.fields, "dg13", extra, scanned.warnings).warned(*codes)


def _elements(data: bytes) -> Iterator[_Element]:
    """Tags of one byte and lengths in definite form (X.690, 8.1.3); the last element may be cut."""
    at = 0
    while at + 2 <= len(data):
        tag, length, at = data[at], data[at + 1], at + 2
        if length & 0x80:
            size = length & 0x7F
            length, at = int.from_bytes(data[at : at + size]), at + size
            if not 1 <= size <= 3:
                yield _Element(tag, b"", whole=False)
                return
        yield _Element(tag, data[at : at + length], whole=at + length <= len(data))
        at += length


def _gather(data: bytes, texts: dict[int, list[str]], deepest: int) -> bool:
    """Puts the texts of each id where they belong; False when something is cut or too deep."""
    elements = list(_elements(data))
    first = elements[0] if elements else None
    if first and first.tag == _ID and len(first.value) == 1 and _said(elements[1:], deepest):
        if first.value[0] not in DROPPED:
            said = texts.setdefault(first.value[0], [])
            said.extend(_said(elements[1:], deepest)[: MOST_TEXTS - len(said)])
        return all(element.whole for element in elements)
    inner = [element for element in elements if element.tag in _SEQUENCES]
    if inner and not deepest:
        return False
    wholes = [_gather(element.value, texts, deepest - 1) for element in inner]
    return all(element.whole for element in elements) and all(wholes) and bool(elements)


def _said(elements: list[_Element], deepest: int) -> list[str]:
    """The texts, also those nested among them; an id of its own begins something else."""
    said: list[str] = []
    for element in elements:
        if element.tag == _TEXT:
            said.append(element.value.decode(errors="replace"))
        elif element.tag in _SEQUENCES and deepest:
            inner = list(_elements(element.value))
            said += [] if inner and inner[0].tag == _ID else _said(inner, deepest - 1)
    return said


def _filled(texts: dict[int, str], parents: list[str]) -> Scanned:
    number = personal_number(texts.get(1, ""))
    name = named(texts.get(2, ""), texts.get(9, ""))
    birth = dated(texts.get(3, ""), WarningCode.BIRTH_DATE_UNREADABLE)
    sex, issued = SEXES.get(texts.get(4, "").lower()), dated(texts.get(11, ""))
    expiry = dated(texts.get(12, ""))
    father, mother = (in_one_line(text) for text in (*parents, "", "")[:2])
    fields = Fields(
        numbers=(Number(NATIONAL_ID, number.digits),) if number else (),
        name=name.value,
        spelling=name.spelling,
        birth=birth.value,
        sex=sex,
        nationality=texts.get(5) or None,
        ethnic_group=texts.get(6) or None,
        hometown=texts.get(8) or None,
        address=texts.get(9) or None,
        issued=issued.value,
        valid_until=expiry.value,
        father=father,
        mother=mother,
    )
    codes = [*name.warnings, *birth.warnings, *issued.warnings, *_doubts(number, sex, birth.value)]
    return Scanned((Kind.CHIP,), fields, warnings=each_once(*codes))


def _doubts(number: PersonalNumber | None, sex: str | None, birth: str | None) -> list[WarningCode]:
    codes = [] if sex else [WarningCode.SEX_UNREADABLE]
    return codes + (list(number.warnings(sex, birth)) if number else [WarningCode.NUMBER_UNREADABLE])

"""What of a Patient is compared with another's (https://hl7.org/fhir/R4/patient.html).

Read from any JSON whatever: what is no Patient says less, and what is too long is cut.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final

import orjson
from msgspec.structs import replace

from ehr.addresses import ADMINISTRATIVE_ADDRESS
from ehr.communes.table import MOST_CODE, is_of_before
from ehr.formats.scanned import Private
from ehr.matching.births import Birth, birth_of
from ehr.matching.captured import CAPTURED, CODES, TYPED
from ehr.matching.names import Name, mother_in, name_of
from ehr.matching.numbers import KINDS, TEMPORARY, Number, compared_with, number_of, telephone_of
from ehr.matching.residences import NOTHING_KNOWN, Residence, Units

MOTHER: Final = frozenset({"MTH", "NMTH", "GESTM"})
"""Mother, natural and gestational (http://terminology.hl7.org/CodeSystem/v3-RoleCode)."""

MOST_NAMES: Final = 4
MOST_NUMBERS: Final = 16
MOST_TELEPHONES: Final = 4
MOST_RESIDENCES: Final = 4
_MOST: Final = 50
"""Elements of a list that are looked at."""

_SEXES: Final = frozenset({"male", "female", "other"})
_LONGEST: Final = 300


class Person(Private, frozen=True):
    """A Patient, prepared for comparison.

    names: in use; former: the others. Placeholders are not among them. sex: None also for ``unknown``.
    mothers: names of the mother. numbers: by kind. temporary: whether a temporary number is in use, as
    newborns and unknown patients have one. birth_order: of twins (Patient.multipleBirthInteger).
    """

    names: tuple[Name, ...] = ()
    former: tuple[Name, ...] = ()
    sex: str | None = None
    birth: Birth | None = None
    birth_order: int | None = None
    commune: str | None = None
    residence: Residence = Residence(frozenset(), frozenset(), frozenset())
    telephones: frozenset[str] = frozenset()
    mothers: tuple[Name, ...] = ()
    numbers: Mapping[str, tuple[Number, ...]] = {}
    temporary: bool = False

    @property
    def every_name(self) -> tuple[Name, ...]:
        """Those in use first."""
        return (*self.names, *self.former)

    @property
    def every_number(self) -> Iterator[Number]:
        """Of all kinds."""
        return (number for numbers in self.numbers.values() for number in numbers)


NOBODY: Final = Person()
"""Of whom nothing is known."""


def read_person(
    body: bytes, *, relatives: Sequence[bytes] = (), units: Units = NOTHING_KNOWN, on: str = ""
) -> Person:
    """From the bytes of a Patient, and of RelatedPersons of it. What is no JSON says nothing.

    on: the day (ISO) on which it is asked; periods that end before it have ended. "": all that have an end.
    """
    return person_of(_json(body), relatives=[_json(one) for one in relatives], units=units, on=on)


def person_of(
    patient: object, *, relatives: Sequence[object] = (), units: Units = NOTHING_KNOWN, on: str = ""
) -> Person:
    """As ``read_person``, from parsed JSON."""
    stated: dict[str, Any] = patient if isinstance(patient, dict) else {}
    names = _names(stated.get("name"), on)
    used = tuple(dict.fromkeys(name for name, ended in names if not ended))[:MOST_NAMES]
    former = tuple(dict.fromkeys(name for name, ended in names if ended and name not in used))[:MOST_NAMES]
    sex, birth = _sex(stated.get("gender")), birth_of(_text(stated.get("birthDate")))
    order = stated.get("multipleBirthInteger")
    commune, residence = _residence(stated.get("address"), units, on)
    year = birth.year if birth else None
    read = islice(_numbers(stated.get("identifier"), on), MOST_NUMBERS)
    numbers = tuple(dict.fromkeys(compared_with(number, sex, year) for number in read))
    telephones = dict.fromkeys(_telephones(stated.get("telecom")))
    return Person(
        names=used,
        former=former,
        sex=sex,
        birth=birth,
        birth_order=order if type(order) is int else None,
        commune=commune,
        residence=residence,
        telephones=frozenset(islice(telephones, MOST_TELEPHONES)),
        mothers=tuple(dict.fromkeys(_mothers(stated, relatives)))[:MOST_NAMES],
        numbers=dict(_by_kind(numbers)),
        temporary=_is_temporary(numbers),
    )


def as_of(person: Person, on: str) -> Person:
    """Somebody who was read before, with the numbers that have ended until a day (ISO)."""
    if not any(number.until for number in person.every_number):
        return person
    numbers = {kind: tuple(number.as_of(on) for number in some) for kind, some in person.numbers.items()}
    return replace(person, numbers=numbers, temporary=_is_temporary(numbers.get(TEMPORARY, ())))


def _is_temporary(numbers: Iterable[Number]) -> bool:
    return any(number.kind == TEMPORARY and not number.ended for number in numbers)


def _json(body: bytes) -> object:
    try:
        parsed: object = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    return parsed


def _sex(stated: object) -> str | None:
    return stated if isinstance(stated, str) and stated in _SEXES else None


def _by_kind(numbers: Iterable[Number]) -> Iterator[tuple[str, tuple[Number, ...]]]:
    numbers = tuple(numbers)
    for kind in KINDS:
        same = tuple(number for number in numbers if number.kind == kind)
        if same:
            yield kind, same


def _names(stated: object, on: str) -> list[tuple[Name, bool]]:
    """With whether each is given up."""
    found = ((name_of(_full(one)), _given_up(one, on)) for one in _objects(stated))
    return [(name, ended) for name, ended in found if name]


def _full(name: dict[str, Any]) -> str:
    """As it is displayed: its text, else surname first (ehr.names.displayed)."""
    text = _text(name.get("text"))
    return text if text.strip() else " ".join((_text(name.get("family")), *_texts(name.get("given"))))


def _given_up(element: dict[str, Any], on: str) -> bool:
    end = _end(element)
    return element.get("use") == "old" or (bool(end) and (not on or end[:10] < on[: len(end[:10])]))


def _end(element: dict[str, Any]) -> str:
    period = element.get("period")
    return _text(period.get("end")) if isinstance(period, dict) else ""


def _numbers(stated: object, on: str) -> Iterator[Number]:
    for one in _objects(stated):
        number = number_of(
            _text(one.get("system")),
            _text(one.get("value")),
            _captured(one),
            old=one.get("use") == "old",
            end=_end(one),
            on=on,
        )
        if number:
            yield number


def _captured(identifier: dict[str, Any]) -> str:
    """The weakest of what is said."""
    said = [
        one.get("valueCode") for one in _objects(identifier.get("extension")) if one.get("url") == CAPTURED
    ]
    return min((code for code in CODES if code in said), key=CODES.index, default=TYPED)


def _telephones(stated: object) -> Iterator[str]:
    for one in _objects(stated):
        telephone = telephone_of(_text(one.get("value"))) if one.get("system") in ("phone", "sms") else ""
        if telephone:
            yield telephone


def _mothers(stated: dict[str, Any], relatives: Sequence[object]) -> Iterator[Name]:
    """Of contacts and relatives, and of a placeholder for the own name."""
    for one in (*_objects(stated.get("contact")), *_objects(list(relatives))):
        if any(_text(coding.get("code")) in MOTHER for coding in _codings(one.get("relationship"))):
            names = one.get("name")
            yield from filter(
                None, map(name_of, map(_full, _objects(names if isinstance(names, list) else [names])))
            )
    yield from filter(None, map(mother_in, map(_full, _objects(stated.get("name")))))


def _residence(stated: object, units: Units, on: str) -> tuple[str | None, Residence]:
    """With the commune where the person lives now: the first that is not given up."""
    addresses = sorted(_objects(stated), key=lambda one: _given_up(one, on))[:MOST_RESIDENCES]
    wards = (found for one in addresses for found in _codes(one, "ward"))
    communes = [(before or units.is_former_commune(code), code) for before, code in wards]
    today = [(code,) if not former else units.communes(code) for former, code in communes]
    states = (found for one in addresses for found in _codes(one, "state"))
    provinces = [
        units.province(code) if before or units.is_former_province(code) else code for before, code in states
    ]
    residence = Residence(
        frozenset(communes), frozenset(_all(today)), frozenset(code for code in provinces if code)
    )
    return next((code for codes in today for code in codes), None), residence


def _all(lists: Iterable[Iterable[str]]) -> Iterator[str]:
    return (one for some in lists for one in some)


def _codes(address: dict[str, Any], unit: str) -> Iterator[tuple[bool, str]]:
    """Codes of an administrative unit, with whether each is said to be of a list of before the merger."""
    whole = [one for one in _objects(address.get("extension")) if one.get("url") == ADMINISTRATIVE_ADDRESS]
    for one in (part for extension in whole for part in _objects(extension.get("extension"))):
        if one.get("url") == unit:
            for coding in (*_codings(one.get("valueCodeableConcept")), *_objects([one.get("valueCoding")])):
                code, listed = _text(coding.get("code")).strip(), _text(coding.get("version"))
                if code:
                    yield is_of_before(listed), code[:MOST_CODE]


def _codings(concept: object) -> Iterator[dict[str, Any]]:
    """Of a CodeableConcept, or of several."""
    for one in _objects(concept if isinstance(concept, list) else [concept]):
        yield from _objects(one.get("coding"))


def _objects(stated: object) -> Iterator[dict[str, Any]]:
    """Those elements of a list that are objects."""
    return (one for one in stated[:_MOST] if isinstance(one, dict)) if isinstance(stated, list) else iter(())


def _texts(stated: object) -> Iterator[str]:
    return (_text(one) for one in stated[:_MOST]) if isinstance(stated, list) else iter(())


def _text(stated: object) -> str:
    """A text that can be encoded; "" for anything else."""
    return stated[:_LONGEST].encode(errors="replace").decode() if isinstance(stated, str) else ""

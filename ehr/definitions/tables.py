"""The tables of FHIR R4: resource types, elements, code lists, and where subject, encounter and date stand.

Made by ``python -m ehr.definitions.build``. The small table is read at import, the large one when first
asked.
"""

from functools import cache
from pathlib import Path

import msgspec
import zstandard

FOLDER = Path(__file__).parent

BARE = frozenset({"xhtml", "system.id", "system.string", "system.uri"})
"""Primitive types that have neither id nor extensions: no ``_name`` stands beside them."""

PRIMITIVES = BARE | {
    *(
        "base64Binary",
        "boolean",
        "canonical",
        "code",
        "date",
        "dateTime",
        "decimal",
        "id",
        "instant",
        "integer",
    ),
    *("markdown", "oid", "positiveInt", "string", "time", "unsignedInt", "uri", "url", "uuid"),
}

Path_ = tuple[str, ...]
"""Element names from the resource down, e.g. ``("participant", "actor")``; any of them may be a list."""


class Element(msgspec.Struct, frozen=True, array_like=True):
    """One element of a type.

    ``name`` ends in ``[x]`` for a choice; ``types`` are primitives, data types, ``Patient.contact`` for a
    nested element or ``Resource``; ``most`` is None for any number; ``codes`` is the url of the required
    value set; ``summary`` says whether a summary has it (https://hl7.org/fhir/R4/search.html#summary).
    """

    name: str
    types: tuple[str, ...]
    least: int
    most: int | None
    codes: str | None
    summary: bool

    def types_by_key(self) -> dict[str, str]:
        """The JSON keys that the element can have, with the type that each stands for."""
        if not self.name.endswith("[x]"):
            return {self.name: self.types[0]}
        stem = self.name[:-3]
        return {stem + _suffix(type_): type_ for type_ in self.types}


class _Resources(msgspec.Struct):
    subject: dict[str, tuple[str, ...]]
    encounter: dict[str, tuple[str, ...]]
    main_date: dict[str, tuple[tuple[str, str], ...]]


class _Elements(msgspec.Struct):
    elements: dict[str, tuple[Element, ...]]
    codes: dict[str, dict[str, tuple[str, ...]]]


_RESOURCES = msgspec.json.decode((FOLDER / "resources.json").read_bytes(), type=_Resources)

RESOURCE_TYPES: frozenset[str] = frozenset(_RESOURCES.main_date)
"""The 146 resource types of R4."""


def elements(type_: str) -> tuple[Element, ...]:
    """Elements of a type such as ``Patient``, ``HumanName`` or ``Patient.contact``; KeyError if unknown."""
    return _large().elements[type_]


def type_names() -> frozenset[str]:
    """Every type that `elements` knows."""
    return frozenset(_large().elements)


def required_codes(value_set: str) -> dict[str, tuple[str, ...]] | None:
    """Code system url -> codes of a value set bound as required; None if R4 does not hold its content."""
    return _large().codes.get(value_set)


def subject_paths(resource_type: str) -> tuple[Path_, ...]:
    """Reference elements that may put a resource into a Patient compartment; none for Patient itself.

    Source: CompartmentDefinition ``patient``.
    """
    return _split(_RESOURCES.subject.get(resource_type, ()))


def encounter_paths(resource_type: str) -> tuple[Path_, ...]:
    """Reference elements that name the Encounter in which something took place; none for Encounter itself.

    Source: CompartmentDefinition ``encounter``, elements that target Encounter, Provenance.target.
    """
    return _split(_RESOURCES.encounter.get(resource_type, ()))


def main_date_paths(resource_type: str) -> tuple[tuple[Path_, str], ...]:
    """Candidates (path, type) for the date by which a clinician would sort; the first there counts."""
    return tuple(
        (tuple(path.split(".")), type_) for path, type_ in _RESOURCES.main_date.get(resource_type, ())
    )


def _split(paths: tuple[str, ...]) -> tuple[Path_, ...]:
    return tuple(tuple(path.split(".")) for path in paths)


def _suffix(type_: str) -> str:
    name = "Quantity" if type_ == "SimpleQuantity" else type_
    return name[0].upper() + name[1:]


@cache
def _large() -> _Elements:
    packed = (FOLDER / "elements.json.zst").read_bytes()
    return msgspec.json.decode(zstandard.decompress(packed), type=_Elements)

"""The official search parameters of FHIR R4, and the compartments, as tables.

Made by ``python -m ehr.definitions.build``. Source: https://hl7.org/fhir/R4/searchparameter-registry.html.
"""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

import msgspec
import zstandard

from ehr.definitions.tables import FOLDER, RESOURCE_TYPES

COMMON = "Resource"
"""The resource type of the parameters that every type has: ``_id``, ``_lastUpdated``, ``_tag``, …."""


class Component(msgspec.Struct, frozen=True, array_like=True):
    """One half of a composite: the code that says its type, and its expression from the base element.

    An expression that begins with ``%resource.`` is from the resource.
    """

    code: str
    expression: str


class SearchParameter(msgspec.Struct, frozen=True, omit_defaults=True):
    """One search parameter of one resource type.

    ``resource_type``: COMMON for those that every type has. ``number``: its place among all, fixed with
    R4 4.0.1. ``type``: token, string, reference, date, number, quantity, uri or composite.
    ``targets``: of a reference, those that the expression takes. ``types``: the FHIR types that a value can
    have, none for a composite.
    ``in_human_name``: whether every value is a HumanName or an element of one. ``codes``: the required value
    set, when every value is a code of that one. ``single``: whether a resource has at most one value.

    ``restricts``: (code, targets): its values are those of the other code, of these target types only when
    any are given. ``union_of``: its values are those of these codes together. ``root_composite``: its
    base is the resource, so that it is the conjunction of its components. All three need no rows in an index.
    """

    resource_type: str
    code: str
    number: int
    type: str
    expression: str
    targets: tuple[str, ...] = ()
    components: tuple[Component, ...] = ()
    types: tuple[str, ...] = ()
    in_human_name: bool = False
    codes: str | None = None
    single: bool = False
    restricts: tuple[str, tuple[str, ...]] | None = None
    union_of: tuple[str, ...] = ()
    root_composite: bool = False

    @property
    def derived(self) -> bool:
        """Whether it is answered by others, so that it needs no rows in an index."""
        return self.restricts is not None or bool(self.union_of) or self.root_composite


class _Tables(msgspec.Struct):
    parameters: list[SearchParameter]
    compartments: dict[str, dict[str, tuple[str, ...]]]
    main_dates: dict[str, str]
    left_out: list[tuple[str, str, str]]


def all_search_parameters() -> tuple[SearchParameter, ...]:
    """Every parameter of every type, in the order of the numbers."""
    return tuple(_tables().parameters)


def left_out() -> Mapping[tuple[str, str], str]:
    """(resource type, code) -> why an official parameter is not among them.

    The resource type may be COMMON or DomainResource.
    """
    return MappingProxyType({(name, code): why for name, code, why in _tables().left_out})


@cache
def search_parameters(resource_type: str) -> Mapping[str, SearchParameter]:
    """Code -> parameter of a resource type, those of every type included; KeyError if it is no type."""
    if resource_type not in RESOURCE_TYPES:
        raise KeyError(resource_type)
    wanted = (COMMON, resource_type)
    found = {row.code: row for row in _tables().parameters if row.resource_type in wanted}
    return MappingProxyType(dict(sorted(found.items())))


@cache
def common_search_parameters() -> Mapping[str, SearchParameter]:
    """Code -> parameter that every resource type has."""
    return MappingProxyType({row.code: row for row in _tables().parameters if row.resource_type == COMMON})


def compartment(name: str) -> Mapping[str, tuple[str, ...]]:
    """Resource type -> codes whose references to the named resource put a resource into its compartment.

    name: Device, Encounter, Patient, Practitioner or RelatedPerson; KeyError otherwise. The code ``_id``
    stands for the resource after which the compartment is named.
    """
    return MappingProxyType(_tables().compartments[name])


def main_date_code(resource_type: str) -> str | None:
    """The date parameter by which a clinician would sort, if a resource has at most one value for it.

    The one that holds the first of `main_date_paths` for which there is any, else ``date``, else
    ``birthdate``.
    """
    return _tables().main_dates.get(resource_type)


@cache
def _tables() -> _Tables:
    packed = (FOLDER / "search_parameters.json.zst").read_bytes()
    return msgspec.json.decode(zstandard.decompress(packed), type=_Tables)

"""Which indexer takes which value of which parameter."""

from collections.abc import Callable, Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

from ehr.definitions import RESOURCE_TYPES
from ehr.definitions.search_parameters import (
    SearchParameter,
    all_search_parameters,
    main_date_code,
    search_parameters,
)
from ehr.values import Key
from projections.search import composites, dates, quantities, references, strings, tokens, uris
from projections.search.entries import Entries, Indexer
from projections.search.extraction import compile_type

IN_THE_TABLE = ("_id", "_lastUpdated")
"""Parameters whose values stand in the table of resources."""

SUBJECT_MATTER = "code"
"""The parameter by which one asks for the newest of a kind."""


def entries_of(key: Key, resource: dict[str, Any]) -> Entries:
    """What a resource leaves in the index. resource: as intake has accepted it, numbers as floats."""
    entries = Entries(id=key.id)
    _extractor(key.type)(resource, entries)
    return entries


def is_claimed(parameter: SearchParameter) -> bool:
    """Whether its values stand in the table of identifiers (ehr/identifiers.py)."""
    return parameter.code == "identifier" and parameter.types == ("Identifier",)


def is_subject_matter(parameter: SearchParameter) -> bool:
    """Whether the newest of one of its codes are read from a table of their own."""
    type_ = parameter.resource_type
    return parameter.code == SUBJECT_MATTER and type_ in RESOURCE_TYPES and main_date_code(type_) is not None


@cache
def _extractor(type_: str) -> Callable[[dict[str, Any], Entries], None]:
    return compile_type(type_, INDEXERS)


def _numbers(condition: Callable[[SearchParameter], bool]) -> frozenset[int]:
    return frozenset(one.number for one in all_search_parameters() if condition(one))


def _unless(numbers: frozenset[int], usual: Indexer, special: Indexer) -> Indexer:
    """The usual indexer, but for the parameters of these numbers."""

    def index(entries: Entries, number: int, value: Any) -> None:
        (special if number in numbers else usual)(entries, number, value)

    return index


_IN_THE_TABLE = _numbers(lambda one: one.code in IN_THE_TABLE)
_CLAIMED = _numbers(is_claimed)
_SUBJECT_MATTER = _numbers(is_subject_matter)
_NAMES = _numbers(lambda one: one.type == "string" and one.in_human_name)
_MIXED = _numbers(lambda one: one.type == "token" and tokens.is_mixed(one.types))
_RESTRICTED = frozenset(
    search_parameters(one.resource_type)[one.restricts[0]].number
    for one in all_search_parameters()
    if one.restricts and one.restricts[1]
)
"""References of which other parameters take those of some types."""


def _index_nothing(entries: Entries, number: int, value: Any) -> None:
    """What stands in a table of its own already."""


_CODE = _unless(_MIXED, tokens.index_code, tokens.index_code_beside_others)
_LITERAL = _unless(_MIXED, tokens.index_literal, tokens.index_literal_beside_others)

_BY_TYPE: Mapping[str, Mapping[str, Indexer]] = MappingProxyType(
    {
        "token": {
            "Coding": tokens.index_coding,
            "CodeableConcept": _unless(_SUBJECT_MATTER, tokens.index_concept, tokens.index_subject_matter),
            "Identifier": _unless(_CLAIMED, tokens.index_identifier, tokens.index_claimed_identifier),
            "ContactPoint": tokens.index_contact_point,
            **dict.fromkeys(("code", "string", "boolean"), _CODE),
            **dict.fromkeys(("id", "uri", "url", "oid", "canonical"), _LITERAL),
            "system.id": _unless(_IN_THE_TABLE, _LITERAL, _index_nothing),
        },
        "string": {
            "string": _unless(_NAMES, strings.index_string, strings.index_name),
            "markdown": strings.index_string,
            "HumanName": strings.index_human_name,
            "Address": strings.index_address,
        },
        "reference": {
            "Reference": _unless(_RESTRICTED, references.index_reference, references.index_marked_reference),
            "canonical": references.index_canonical,
            "uri": references.index_canonical,
            "Resource": _unless(_RESTRICTED, references.index_resource, references.index_marked_resource),
        },
        "date": {
            **dict.fromkeys(("date", "dateTime"), dates.index_date),
            "instant": _unless(_IN_THE_TABLE, dates.index_date, _index_nothing),
            "Period": dates.index_period,
            "Timing": dates.index_timing,
        },
        "number": {
            "integer": quantities.index_number,
            "decimal": quantities.index_number,
            "Range": quantities.index_range,
        },
        "quantity": {
            **dict.fromkeys(("Quantity", "Age", "Duration"), quantities.index_quantity),
            "Money": quantities.index_money,
            "Range": quantities.index_range,
        },
        "uri": {"uri": uris.index_uri, "url": uris.index_uri, "canonical": uris.index_canonical},
    }
)
"""Search type -> FHIR type -> indexer. Values of other FHIR types are not found: an Age is no date."""


INDEXERS: Mapping[tuple[str, str], Callable[..., None]] = MappingProxyType(
    {
        **{
            (search_type, fhir_type): indexer
            for search_type, by_type in _BY_TYPE.items()
            for fhir_type, indexer in by_type.items()
        },
        **dict.fromkeys(composites.kinds(), composites.part_indexer(_BY_TYPE)),
    }
)
"""(search type, FHIR type) -> indexer, as ``compile_type`` takes them."""

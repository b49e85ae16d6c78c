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
from projections.search import dates, quantities, references, strings, tokens, uris
from projections.search.entries import Entries

Indexer = Callable[[Entries, int, Any], None]
"""Adds what a value of the parameter of a number leaves."""

_BY_TYPE: Mapping[str, Mapping[str, Indexer]] = MappingProxyType(
    {
        "token": {
            "Coding": tokens.index_coding,
            "CodeableConcept": tokens.index_concept,
            "Identifier": tokens.index_identifier,
            "ContactPoint": tokens.index_contact_point,
            **dict.fromkeys(("code", "string", "boolean"), tokens.index_code),
            **dict.fromkeys(("id", "system.id", "uri", "url", "oid", "canonical"), tokens.index_literal),
        },
        "string": {
            "string": strings.index_string,
            "markdown": strings.index_string,
            "HumanName": strings.index_human_name,
            "Address": strings.index_address,
        },
        "reference": {
            "Reference": references.index_reference,
            "canonical": references.index_canonical,
            "uri": references.index_canonical,
            "Resource": references.index_resource,
        },
        "date": {
            **dict.fromkeys(("date", "dateTime", "instant", "string"), dates.index_date),
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

IN_TABLES = ("_id", "_lastUpdated")
"""Parameters whose values stand in the table of resources."""

SUBJECT_MATTER = "code"
"""The parameter by which one asks for the newest of a kind."""


def indexer_of(parameter: SearchParameter, fhir_type: str) -> Indexer | None:
    """The indexer of the parameter's values of a FHIR type; None for what is found otherwise, or not at all."""
    if parameter.code in IN_TABLES or parameter.derived:
        return None
    if parameter.type == "token":
        return _of_token(parameter, fhir_type)
    if fhir_type == "string" and parameter.in_human_name:
        return strings.index_name
    if fhir_type == "Reference" and parameter.number in _marked():
        return references.index_marked_reference
    return _BY_TYPE[parameter.type].get(fhir_type)


def _of_token(parameter: SearchParameter, fhir_type: str) -> Indexer | None:
    found = _BY_TYPE["token"].get(fhir_type)
    if is_claimed(parameter):
        return tokens.index_claimed_identifier
    if found is tokens.index_concept and is_subject_matter(parameter):
        return tokens.index_subject_matter
    if not tokens.SYSTEMATIC.isdisjoint(parameter.types):
        return _BESIDE_OTHERS.get(found, found) if found else None
    return found


_BESIDE_OTHERS: Mapping[Indexer, Indexer] = MappingProxyType(
    {
        tokens.index_code: tokens.index_code_beside_others,
        tokens.index_literal: tokens.index_literal_beside_others,
    }
)


def is_claimed(parameter: SearchParameter) -> bool:
    """Whether its values stand in the table of identifiers (ehr/identifiers.py)."""
    return parameter.code == "identifier" and parameter.types == ("Identifier",)


def is_subject_matter(parameter: SearchParameter) -> bool:
    """Whether the newest of one of its codes are read from a table of their own."""
    type_ = parameter.resource_type
    return parameter.code == SUBJECT_MATTER and type_ in RESOURCE_TYPES and main_date_code(type_) is not None


@cache
def _marked() -> frozenset[int]:
    """References of which others take those of some types."""
    restricted = [one for one in all_search_parameters() if one.restricts and one.restricts[1]]
    return frozenset(
        search_parameters(one.resource_type)[one.restricts[0]].number for one in restricted if one.restricts
    )

"""The searches that are measured, and within how many milliseconds half of them are to be answered."""

from collections.abc import Mapping
from random import Random
from types import MappingProxyType
from typing import NamedTuple

from benchmarks.searching import draws, frequencies
from benchmarks.searching.drawing import Sample

TRIES = 20
"""For each address that is wanted, before it is taken that there are no others."""


class Search(NamedTuple):
    """A kind of search. must, aim: milliseconds, where any are set."""

    draw: draws.Draw
    must: float | None = None
    aim: float | None = None


SEARCHES: Mapping[str, Search] = MappingProxyType(
    {
        "identifier": Search(draws.identifier, 5, 2),
        "family, its beginning": Search(draws.family, 5, 2),
        "patient + code, newest 20": Search(draws.patient_and_code, 5, 2),
        "code + date, newest 20": Search(draws.code_and_date, 5, 2),
        "category, newest 20": Search(draws.category, 5, 2),
        "code + value with unit": Search(draws.code_and_value, 5, 2),
        "code + value above or below, newest 20": Search(draws.code_and_range, 5, 2),
        "chain: code + family of the patient": Search(draws.chain, 15, 6),
        "_has: family + code of an observation": Search(draws.has, 15, 6),
        "_has: code alone": Search(draws.has_alone, 15, 6),
        "two _includes with a patient's visits": Search(draws.two_includes, 15, 6),
        "_total=accurate, one token": Search(frequencies.counted_tokens, 80, 20),
        "_total=accurate, token + date": Search(frequencies.counted_dates, 80, 20),
        "exclusive tokens by date, one a code": Search(frequencies.exclusive_by_code, 20, 6),
        "exclusive tokens by date, no code": Search(frequencies.exclusive_by_others, 20, 6),
        "chain: sex of the patient, newest 20": Search(draws.chain_by_sex),
        "chain: code + sex of the patient, counted": Search(draws.chain_by_sex_counted),
        "value above or below alone, newest 20": Search(draws.value_alone),
        "_revinclude of a visit's observations": Search(draws.reverse_include),
        ":missing, newest 20": Search(draws.missing),
        ":not, newest 20": Search(draws.negated),
        ":not that leaves nothing": Search(draws.negated_in_vain),
        "name:contains": Search(draws.name_containing),
        "_sort=family": Search(draws.by_family),
        "_lastUpdated since, 100 in order": Search(draws.changed_since),
        "_lastUpdated since + code, 100 in order": Search(draws.changed_since_of_code),
        "_type of two + patient": Search(draws.two_types),
        "Patient/…/Observation, newest 20": Search(draws.in_compartment),
    }
)

WALKS: Mapping[str, Search] = MappingProxyType(
    {
        "walk by date": Search(draws.walk_by_date, 1.5, 1.1),
        "walk as stated": Search(draws.walk_as_stated, 1.5, 1.1),
        "walk of a patient's observations": Search(draws.walk_in_compartment, 1.5, 1.1),
    }
)
"""Of which page LATE is held against page EARLY. must, aim: how many times its milliseconds."""

EARLY, LATE = 2, 30


def addresses(name: str, search: Search, sample: Sample, number: int) -> list[str]:
    """So many different searches of the kind, or as many as the data have values for; always the same."""
    drawn = search.draw(sample, Random(name))
    found: dict[str, None] = {}
    for _ in range(TRIES * number):
        address = next(drawn, None)
        if address is None or len(found) == number:
            break
        found[address] = None
    return list(found)

"""Values that intake takes and nobody expects leave a bounded index, and no error."""

from typing import Any

import pytest

from ehr.values import Key
from projections.search.errors import BadValue, TooMuchAsked, UnknownName
from projections.search.indexing import entries_of
from projections.search.reading import MOST_VALUES, Reading
from projections.search.rows import add_rows, no_rows
from projections.search.sorting import MOST_KEYS, read_sort


def test_a_canonical_without_an_address_is_no_error() -> None:
    plan = {"resourceType": "CarePlan", "id": "1", "instantiatesCanonical": ["|1"], "status": "active"}
    key, rows = Key("CarePlan", "1"), no_rows()
    add_rows(rows, key, 1, entries_of(key, plan))
    assert len(rows["search"]) == 1


def test_a_name_of_many_words_leaves_few_rows() -> None:
    person: dict[str, Any] = {"resourceType": "Patient", "id": "1", "name": [{"text": "a " * 500_000}]}
    strings = entries_of(Key("Patient", "1"), person).strings
    assert len(strings) == 20
    assert sum(len(one.folded) for one in strings) < 1_100_000


@pytest.mark.parametrize("address", ["http:/\n/x", "http://" + "/" * 100, "urn:x", "http://a" + "/b" * 99])
@pytest.mark.parametrize("modifier", ["above", "below"])
def test_odd_addresses_are_refused(address: str, modifier: str) -> None:
    with pytest.raises(BadValue):
        Reading().condition("ValueSet", f"url:{modifier}", address)


@pytest.mark.parametrize("modifier", ["above", "below"])
def test_an_odd_host_is_one(modifier: str) -> None:
    assert Reading().condition("ValueSet", f"url:{modifier}", "http://[")


def test_chains_and_sorts_have_bounds() -> None:
    with pytest.raises(UnknownName, match="12 steps"):
        Reading().condition("Patient", "_has:Observation:subject:" * 200 + "code", "x")
    with pytest.raises(UnknownName, match=str(MOST_KEYS)):
        read_sort("Patient", ",".join(["family"] * 9))


def test_a_query_has_one_budget_for_all_its_chains() -> None:
    """``subject`` of an Observation may be of four types."""
    reading = Reading()
    for _ in range(MOST_VALUES // 400):
        reading.condition("Observation", "subject.name", ",".join("a" * 100))
    with pytest.raises(TooMuchAsked, match="With subject it has more than 1000 values"):
        reading.condition("Observation", "subject.name", ",".join("a" * 100))
    with pytest.raises(TooMuchAsked, match="With _has it has"):
        reading.spend("_has:Observation:subject:code", "," * MOST_VALUES)

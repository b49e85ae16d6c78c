"""The corpus: other people every time, the same hospitals, no byte changed but for what is someone's own."""

import re
from collections.abc import Iterator
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

import orjson
import pytest

from benchmarks.corpus import Bundle, copied, corpus

SYNTHEA = Path(__file__).parents[1] / "data" / "synthea-small.tar.xz"
UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@pytest.fixture(scope="module")
def bundles() -> list[Bundle]:
    """The files themselves and two copies of each patient."""
    return list(islice(corpus([SYNTHEA], 10**9), 14 + 2 * 12))


@cache
def entries(bundle: Bundle) -> list[dict[str, Any]]:
    return list(orjson.loads(bundle.body)["entry"])


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("reference"), str):
            yield value["reference"]
        for one in value.values():
            yield from references(one)
    elif isinstance(value, list):
        for one in value:
            yield from references(one)


def identifiers(bundle: Bundle) -> set[tuple[str, str]]:
    return {
        (one.get("system", ""), one["value"])
        for entry in entries(bundle)
        if entry["resource"]["resourceType"] == "Patient"
        for one in entry["resource"]["identifier"]
    }


def test_hospitals_and_practitioners_come_once_and_first(bundles: list[Bundle]) -> None:
    assert [re.match("[a-z]*", bundle.name)[0] for bundle in bundles[:2]] == ["hospital", "practitioner"]  # type: ignore[index]
    assert not any("Information" in bundle.name for bundle in bundles[2:])
    assert [bundle.copy for bundle in bundles] == [0] * 14 + [1] * 12 + [2] * 12


def test_no_two_resources_of_patients_share_an_id_or_an_identifier(bundles: list[Bundle]) -> None:
    urls = [entry["fullUrl"] for bundle in bundles[2:] for entry in entries(bundle)]
    assert len(set(urls)) == len(urls)
    numbers = [one for bundle in bundles[2:] for one in identifiers(bundle)]
    assert len(set(numbers)) == len(numbers)
    assert len(numbers) > 3 * 12 * 3


def test_every_id_is_that_of_its_full_url(bundles: list[Bundle]) -> None:
    for bundle in bundles[14:]:
        assert all(entry["fullUrl"] == "urn:uuid:" + entry["resource"]["id"] for entry in entries(bundle))


def test_references_stay_within_the_copy_or_go_to_the_hospitals(bundles: list[Bundle]) -> None:
    places = {
        f"{entry['resource']['resourceType']}?{entry['request'].get('ifNoneExist')}"
        for bundle in bundles[:2]
        for entry in entries(bundle)
    }
    for bundle in bundles[14:]:
        own = {entry["fullUrl"] for entry in entries(bundle)}
        linked = {link for entry in entries(bundle) for link in references(entry) if not link.startswith("#")}
        assert linked <= own | places
        assert linked & own
        assert linked & places


def test_nothing_else_changes(bundles: list[Bundle]) -> None:
    for bundle in bundles[-12:]:
        original = next(one for one in bundles if one.name == bundle.name)
        assert bundle.resources == original.resources
        assert len(bundle.body) == len(original.body)
        before, after = (shape(one) for one in (original, bundle))
        assert before == after


def shape(bundle: Bundle) -> str:
    """The text without what is the resources' own."""
    values = {
        one["value"]
        for entry in entries(bundle)
        if isinstance(entry["resource"].get("identifier"), list)
        for one in entry["resource"]["identifier"]
    }
    own = "|".join(sorted(re.escape(value) for value in values if not UUID.search(value)))
    return re.sub(rf'(?<=["|:/]){UUID.pattern}|"(?:{own})"', "", bundle.body.decode())


def test_the_same_sources_give_the_same_corpus(bundles: list[Bundle]) -> None:
    again = list(corpus([SYNTHEA], sum(bundle.resources for bundle in bundles)))
    assert [(one.name, one.copy, one.body) for one in again] == [
        (one.name, one.copy, one.body) for one in bundles
    ]


def test_it_ends_with_the_bundle_that_makes_the_number_full() -> None:
    some = list(corpus([SYNTHEA], 1000))
    assert sum(one.resources for one in some) >= 1000 > sum(one.resources for one in some[:-1])


def test_the_first_copy_is_the_file_itself(bundles: list[Bundle]) -> None:
    assert copied(bundles[2].body, 0) is bundles[2].body


def test_hospitals_alone_are_no_corpus(tmp_path: Path, bundles: list[Bundle]) -> None:
    (tmp_path / bundles[0].name).write_bytes(bundles[0].body)
    with pytest.raises(ValueError, match="no patient's bundle"):
        list(corpus([tmp_path], 10**6))

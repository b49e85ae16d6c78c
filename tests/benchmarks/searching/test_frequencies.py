"""Pairs that exclude each other, and values of many hits."""

from typing import Any

from benchmarks.searching.drawing import Sample
from benchmarks.searching.frequencies import exclusive, frequencies


def observation(category: str, code: str) -> dict[str, Any]:
    return {"category": [{"coding": [{"code": category}]}], "code": {"coding": [{"code": code}]}}


def sample(*resources: dict[str, Any]) -> Sample:
    return Sample({"Observation": [*resources]}, {}, {"Observation": 10 * len(resources)})


COMMON = [observation("vital-signs", "weight")] * 5 + [observation("laboratory", "glucose")] * 4
RARE = [observation("survey", "pain")]


def test_values_are_counted_once_a_resource() -> None:
    single, together = frequencies(sample(*COMMON))
    named = {(value.name, value.token): count for value, count in single.items()}
    assert named == {
        ("category", "|vital-signs"): 5, ("code", "|weight"): 5, ("category", "|laboratory"): 4,
        ("code", "|glucose"): 4,
    }  # fmt: skip
    assert {tuple(value.token for value in pair) for pair in together} == {
        ("|vital-signs", "|weight"), ("|laboratory", "|glucose"),
    }  # fmt: skip


def test_the_most_common_pairs_come_first_and_no_resource_has_both() -> None:
    pairs = exclusive(sample(*COMMON, *RARE), about=True)
    found = [frozenset(value.token for value in pair) for pair in pairs]
    assert {*found[:3]} == {
        frozenset({"|laboratory", "|weight"}), frozenset({"|vital-signs", "|glucose"}),
        frozenset({"|glucose", "|weight"}),
    }  # fmt: skip
    assert {"|vital-signs", "|weight"} not in found


def test_pairs_without_a_code_are_asked_for_apart() -> None:
    found = exclusive(sample(*COMMON, *RARE), about=False)
    assert {value.token for value in found[0]} == {"|laboratory", "|vital-signs"}
    assert not any(value.name == "code" for pair in found for value in pair)

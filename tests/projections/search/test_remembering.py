"""What is remembered of texts that come again: of long ones nothing, since they would fill the memory."""

from collections.abc import Callable

import pytest

from ehr import conditional, dates, values
from ehr.searching import Search
from projections.fhir_resources import conditions
from projections.search import terms, tokens
from projections.search.entries import Entries

LONG = "a" * 1000
TOKENS = {
    "system": {"system": LONG, "code": "c"},
    "code": {"code": LONG},
    "display": {"display": LONG},
    "all": {"system": "s" * 90, "code": "c" * 90, "display": "d" * 90},
}


def coding(value: dict[str, str]) -> Entries:
    entries = Entries()
    tokens.index_coding(entries, 1, value)
    return entries


def text(value: str) -> Entries:
    entries = Entries()
    tokens.index_concept(entries, 1, {"text": value})
    return entries


REMEMBERING: list[tuple[object, Callable[[str], object]]] = [
    (terms.hash_of, lambda text: terms.hash_of(text)),
    (tokens._word, text),
    (dates.span, lambda text: dates.span(f"2024-05-10T08:00:00.{'0' * len(text)}Z")),
    (values.subject_of, lambda text: values.subject_of(f"Patient/{text}")),
    (
        conditional.conditional_reference,
        lambda text: conditional.conditional_reference(f"Patient?identifier={text}"),
    ),
    (conditions._tree, lambda text: conditions._node(Search("Patient", f"name={text}"))),
]


def size(cache: object) -> int:
    info: Callable[[], tuple[int, int, int, int]] = cache.cache_info  # type: ignore[attr-defined]
    return info()[3]


@pytest.mark.parametrize(("cache", "ask"), REMEMBERING)
def test_long_texts_are_not_remembered(cache: object, ask: Callable[[str], object]) -> None:
    cache.cache_clear()  # type: ignore[attr-defined]
    assert ask(LONG) == ask(LONG)
    assert size(cache) == 0
    assert ask("b" * 20) == ask("b" * 20)
    assert size(cache) == 1


@pytest.mark.parametrize("part", TOKENS)
def test_nor_are_codings_with_long_parts(part: str) -> None:
    tokens._remembered.cache_clear()
    assert coding(TOKENS[part]) == coding(TOKENS[part])
    assert coding(TOKENS[part]).terms
    assert size(tokens._remembered) == 0
    coding({"system": "s", "code": "c", "display": "d"})
    assert size(tokens._remembered) == 1

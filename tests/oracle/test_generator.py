"""The generator's searches: always the same for a seed, of every kind, and seldom without a match."""

import re
from collections import Counter

import pytest

from tests.fhir_api.intake.examples import kept
from tests.oracle.asking import BASE
from tests.oracle.compare import Comparison
from tests.oracle.corpus import Corpus
from tests.oracle.definitions import definitions
from tests.oracle.evaluator import answer, parse
from tests.oracle.generator import Generator, Search
from tests.oracle.stub import Stub
from tests.oracle.values import Refused

NUMBER = 400


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    """Half of HL7's own examples, of all types."""
    return Corpus((bytes(example.resource) for example in kept()[::2]), [BASE])


@pytest.fixture(scope="module")
def searches(corpus: Corpus) -> list[Search]:
    return list(Generator(corpus, 1).searches(NUMBER))


def test_a_seed_always_gives_the_same(corpus: Corpus, searches: list[Search]) -> None:
    assert list(Generator(corpus, 1).searches(50)) == searches[:50]
    assert list(Generator(corpus, 2).searches(50)) != searches[:50]


def test_most_find_something(corpus: Corpus, searches: list[Search]) -> None:
    outcomes = Counter(_outcome(corpus, search) for search in searches)
    assert outcomes["found"] > 0.7 * NUMBER
    assert outcomes["refused"] < 0.1 * NUMBER


def _outcome(corpus: Corpus, search: Search) -> str:
    try:
        return "found" if answer(corpus, search.path, search.pairs).groups else "nothing"
    except Refused:
        return "refused"


def test_a_url_is_read_back_as_it_was(searches: list[Search]) -> None:
    for search in searches:
        path, pairs = parse(search.url())
        assert (path, tuple(pairs)) == search


def test_every_kind_is_there(corpus: Corpus) -> None:
    searches = list(Generator(corpus, 3).searches(3000))
    names = [name for search in searches for name, _ in search.pairs]
    for modifier in (
        "missing",
        "exact",
        "contains",
        "not",
        "text",
        "of-type",
        "identifier",
        "below",
        "above",
    ):
        assert any(name.endswith(f":{modifier}") for name in names), modifier
    for kind in (
        r"_has:",
        r"_has:.*_has:",
        r"\w+:[A-Z]\w+\.",
        r"[\w-]+\.[\w-]+$",
        r".*\..*\.",
        "_include",
        "_revinclude",
        "_sort",
    ):
        assert any(re.match(kind, name) for name in names), kind
    assert {"", "Patient", "Observation"} <= {search.path for search in searches}
    assert any("/" in search.path for search in searches)
    types = {_type_of(search) for search in searches}
    assert {"string", "token", "reference", "date", "number", "quantity", "uri", "composite"} <= types


def _type_of(search: Search) -> str | None:
    parameters = definitions().parameters.get(search.path, {})
    codes = [name.partition(":")[0] for name, _ in search.pairs[:1]]
    return next((parameters[code].type for code in codes if code in parameters), None)


def test_an_honest_server_agrees_with_all_of_them(corpus: Corpus, searches: list[Search]) -> None:
    with Stub(corpus).client() as client:
        assert list(map(str, Comparison(client, corpus).differences(searches))) == []

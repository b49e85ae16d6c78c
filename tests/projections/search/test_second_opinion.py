"""What the index says of one resource, against the oracle: conditions of every parameter that has values.

It needs no database: conditions are asked of the entries in memory (``Node.holds``).
"""

from collections.abc import Iterator

import orjson

from ehr.identifiers import claims_of
from ehr.values import Key
from projections.search.entries import Entries
from projections.search.errors import Unsearchable
from projections.search.indexing import entries_of
from projections.search.reading import Reading
from tests.fhir_api.intake.examples import kept
from tests.oracle.asking import BASE
from tests.oracle.conditions import satisfying
from tests.oracle.corpus import Corpus
from tests.oracle.definitions import definitions
from tests.oracle.generator import Generator
from tests.oracle.synthea import resources
from tests.oracle.values import Refused

OF_EACH = 8
"""Conditions of each parameter."""

IN_THE_TABLE = ("_lastUpdated",)
"""Entries do not have it."""


def entries(content: bytes) -> tuple[str, Entries]:
    resource = orjson.loads(content)
    key = Key(resource["resourceType"], resource["id"])
    found = entries_of(key, resource)
    found.identifiers = [(claim.system, claim.value) for claim in claims_of(key, resource)]
    return f"{key.type}/{key.id}", found


def by_the_oracle(corpus: Corpus, type_: str, name: str, text: str) -> set[str] | None:
    try:
        return satisfying(corpus, type_, name, text)
    except Refused:
        return None


def by_the_index(index: dict[str, Entries], type_: str, name: str, text: str) -> set[str] | None:
    try:
        node = Reading(BASE).condition(type_, name, text)
    except Unsearchable:
        return None
    return {key for key, own in index.items() if key.startswith(f"{type_}/") and node.holds(own)}


def differences(contents: list[bytes], seed: int) -> Iterator[str]:
    """The conditions of which one says otherwise than the other."""
    corpus, index = Corpus(contents, [BASE]), dict(map(entries, contents))
    generator = Generator(corpus, seed)
    for type_ in corpus.of_type:
        for parameter in definitions().parameters[type_].values():
            drawn = [generator.condition(type_, parameter) for _ in range(OF_EACH)]
            asked = [*(pair for pair in drawn if pair), (f"{parameter.code}:missing", "true")]
            for name, text in asked if parameter.code not in IN_THE_TABLE else ():
                known = by_the_oracle(corpus, type_, name, text)
                found = by_the_index(index, type_, name, text)
                if known != found:
                    yield f"{type_}?{name}={text}: {told(known)} by the oracle, {told(found)} by the index"


def told(found: set[str] | None) -> str:
    return "refused" if found is None else f"{len(found)} found"


def test_the_index_says_the_same_of_hl7s_examples() -> None:
    found = list(differences([bytes(example.resource) for example in kept()], 1))
    assert not found, "\n".join(found)


def test_the_index_says_the_same_of_synthea() -> None:
    found = list(differences(resources(), 1))
    assert not found, "\n".join(found)

"""Facts as bytes, and old facts lifted (docs/reference/envelope.md)."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any
from unittest.mock import patch
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ehr.encoding import SchemaTooNew, Undecodable, content_hash, decode_fact, encode_fact
from ehr.facts import (
    FACT_TYPES,
    SCHEMA_VERSION,
    Answer,
    AnyFact,
    CitizenRegistered,
    Evidence,
    PairFact,
    ResourceVersion,
)
from ehr.upcasting import STEPS, upcast

NUMBERS = st.integers(0, 2**31 - 1)
VERSIONS = st.builds(ResourceVersion, st.text(), st.text(), NUMBERS, st.text(), NUMBERS, st.binary())
ANSWERS = st.builds(Answer, st.text(), st.text(), st.binary(), st.just([(201, "Patient", "1", 2)]))
FIELDS: Any = {
    "schema_version": st.just(SCHEMA_VERSION),
    "resources": st.lists(VERSIONS, max_size=3),
    "answer": st.none() | ANSWERS,
    "moved_from": st.none() | st.uuids(),
    "user": st.none() | st.text(),
    "parts": NUMBERS,
}
EVIDENCE = st.builds(Evidence, st.text(), st.text(), st.floats(allow_nan=False))
OF_PAIRS: Any = {
    "evidence": st.lists(EVIDENCE, max_size=3),
    "rule": st.none() | st.text(),
    "reason": st.none() | st.text(),
}
FACTS: st.SearchStrategy[AnyFact] = st.one_of(
    *(
        st.builds(kind, **FIELDS, **(OF_PAIRS if issubclass(kind, PairFact) else {}))
        for kind in FACT_TYPES.values()
    )
)
FACT = CitizenRegistered(
    event_id="e",
    schema_version=SCHEMA_VERSION,
    subject=UUID(int=1),
    stream=UUID(int=2),
    resources=[],
    actor="test",
    happened_at="2024-05",
    recorded_at="2026-01-01T00:00:00.000Z",
)


def state(**changes: Any) -> bytes:
    """The stored form of a fact some of whose fields differ; None takes one out."""
    fields = msgspec.msgpack.decode(encode_fact(FACT)) | changes
    return msgspec.msgpack.encode({name: value for name, value in fields.items() if value is not None})


@given(FACTS)
def test_a_fact_comes_back_as_it_was(fact: AnyFact) -> None:
    assert decode_fact(encode_fact(fact)) == fact


@given(FACTS, st.data())
def test_any_other_bytes_have_another_hash_and_are_read_or_refused(
    fact: AnyFact, data: st.DataObject
) -> None:
    stored = bytearray(encode_fact(fact))
    stored[data.draw(st.integers(0, len(stored) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    assert content_hash(bytes(stored)) != content_hash(encode_fact(fact))
    with suppress(Undecodable, SchemaTooNew):
        assert decode_fact(bytes(stored)).schema_version == SCHEMA_VERSION


@given(st.binary(max_size=60))
def test_arbitrary_bytes_are_no_fact(stored: bytes) -> None:
    with pytest.raises(Undecodable):
        decode_fact(stored)


@pytest.mark.parametrize(
    "stored",
    [
        state(type="CitizenForgotten"),
        state(type=None),
        state(type=1),
        state(subject=None),
        state(resources=[["Patient"]]),
        state(schema_version=None),
        state(schema_version="1"),
        state(schema_version=SCHEMA_VERSION - 1),
        state(schema_version=-1),
        b"\x91" * 100_000,
        encode_fact(FACT)[:-1],
        encode_fact(FACT) + b"\x00",
    ],
)
def test_what_is_no_fact_is_never_guessed_at(stored: bytes) -> None:
    with pytest.raises(Undecodable):
        decode_fact(stored)


@pytest.mark.parametrize("changes", [{}, {"type": "CitizenForgotten"}, {"subject": None}, {"resources": 7}])
def test_what_newer_code_wrote_is_known_as_such_whatever_its_shape(changes: dict[str, Any]) -> None:
    with pytest.raises(SchemaTooNew):
        decode_fact(state(**changes, schema_version=SCHEMA_VERSION + 1))


def test_a_field_that_nobody_knows_does_no_harm() -> None:
    assert decode_fact(state(unknown="x")) == FACT


def renamed(old: str, new: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """A step in which a field got another name."""
    return lambda fields: {new if name == old else name: value for name, value in fields.items()}


def test_old_facts_are_lifted_step_by_step() -> None:
    """From fields that were named ``subject`` two versions ago, and ``person`` one version ago."""
    steps = {-1: renamed("citizen", "person"), 0: renamed("person", "subject")}
    with patch.dict(STEPS, steps):
        for version, name in ((-1, "citizen"), (0, "person")):
            old = {"subject": None, name: str(FACT.subject), "schema_version": version}
            assert decode_fact(state(**old)) == FACT
        with pytest.raises(Undecodable):  # Lifted to what is no fact after all.
            decode_fact(state(subject=None, schema_version=0))
        with pytest.raises(Undecodable):  # There is no step from there.
            decode_fact(state(schema_version=-2))


def test_the_newest_shape_needs_no_step() -> None:
    fields = {"schema_version": SCHEMA_VERSION}
    assert upcast(fields, SCHEMA_VERSION) is fields


def test_every_older_shape_has_a_step() -> None:
    assert sorted(STEPS) == list(range(1, SCHEMA_VERSION))

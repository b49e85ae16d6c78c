"""Which facts a request states: rules 7 and 8 of the record (docs/reference/envelope.md)."""

from itertools import pairwise
from unittest.mock import patch
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ehr.encoding import encode_fact
from ehr.facts import Answer, AnyFact, ResourceVersion
from ehr.grouping import BESIDE_BODY, ENVELOPE, Former, Stated, facts_of, into_encounters
from ehr.values import Key, stream_of, subject_of

COMMON = {"actor": "test", "recorded_at": "2026-01-01T00:00:00.000Z"}
ONE, OTHER = subject_of("Patient/1"), subject_of("Patient/2")
ELSEWHERE = UUID(int=7)
VISIT = Key("Encounter", "v")


def stated(
    key: Key,
    *,
    of: UUID = ONE,
    visits: tuple[str, ...] = (),
    first: bool = True,
    action: str = "create",
    body: bytes = b"body",
    former: Former | None = None,
) -> Stated:
    """One version of a resource; what was stated before goes on in the stream ELSEWHERE."""
    version = ResourceVersion(*key, 1 if first else 2, action, 0, body)
    stream = None if first or former else ELSEWHERE
    return Stated(key, version, of, stream, frozenset(visits), "2026-01", b"", first, former)


def facts(*all_stated: Stated, answer: Answer | None = None) -> list[AnyFact]:
    """The facts of one request."""
    groups = into_encounters(all_stated)
    return [fact for n, group in enumerate(groups) for fact in facts_of(group, COMMON, None if n else answer)]


def contents(made: list[AnyFact]) -> list[tuple[str, list[str]]]:
    """(name, ids) of each fact."""
    return [(fact.name, [version.id for version in fact.resources]) for fact in made]


def test_what_arrives_with_an_encounter_and_belongs_to_it_alone_travels_in_its_fact() -> None:
    made = facts(
        stated(Key("Observation", "before"), visits=("v",)),
        stated(VISIT),
        stated(Key("Condition", "after"), visits=("v",)),
    )
    assert contents(made) == [("EncounterDocumented", ["v", "before", "after"])]
    (fact,) = made
    assert (fact.stream, fact.encounter, fact.subject) == (stream_of(VISIT), "v", ONE)


@pytest.mark.parametrize(
    "alone",
    [
        stated(Key("Observation", "o"), of=OTHER, visits=("v",)),
        stated(Key("Claim", "o"), visits=("v", "w")),
        stated(Key("Observation", "o"), visits=("w",)),
        stated(Key("Observation", "o")),
        stated(Key("Observation", "o"), visits=("v",), first=False, action="update"),
        stated(Key("Encounter", "o"), visits=("v",)),
    ],
    ids=["other subject", "two encounters", "other encounter", "no encounter", "not new", "an encounter"],
)
def test_anything_else_is_a_fact_of_its_own(alone: Stated) -> None:
    made = facts(stated(VISIT), alone)
    assert [ids for _, ids in contents(made)] == [["v"], ["o"]]
    assert made[1].stream == (ELSEWHERE if not alone.first else stream_of(alone.key))


def test_what_is_recorded_later_names_its_encounter_but_begins_a_stream() -> None:
    (fact,) = facts(stated(Key("Observation", "o"), visits=("v",)))
    assert (fact.name, fact.encounter, fact.stream) == (
        "ResourceRecorded",
        "v",
        stream_of(Key("Observation", "o")),
    )


def test_an_encounter_that_is_amended_gathers_nothing() -> None:
    amended = stated(VISIT, first=False, action="update")
    made = facts(amended, stated(Key("Observation", "o"), visits=("v",)))
    assert contents(made) == [("ResourceAmended", ["v"]), ("ResourceRecorded", ["o"])]


@pytest.mark.parametrize(
    ("one", "name"),
    [
        (stated(Key("Patient", "1")), "CitizenRegistered"),
        (stated(Key("Organization", "1")), "ResourceRecorded"),
        (stated(Key("Patient", "1"), first=False, action="update"), "ResourceAmended"),
        (stated(VISIT, first=False, action="delete"), "ResourceRetracted"),
    ],
)
def test_names_of_facts(one: Stated, name: str) -> None:
    assert [fact.name for fact in facts(one)] == [name]


def test_a_move_is_a_retraction_from_the_former_subject_and_a_record_of_the_new_one() -> None:
    moved = stated(
        Key("Observation", "o"), first=False, action="update", former=Former(OTHER, ELSEWHERE), body=b"new"
    )
    taken, given_ = facts(moved, answer=Answer("c", "k", b"h", []))
    assert (taken.name, taken.subject, taken.stream, taken.moved_to) == (
        "ResourceRetracted",
        OTHER,
        ELSEWHERE,
        ONE,
    )
    assert (given_.name, given_.subject, given_.moved_from) == ("ResourceRecorded", ONE, OTHER)
    assert [fact.resources[0].version for fact in (taken, given_)] == [2, 2]
    assert (taken.resources[0].body, given_.resources[0].body) == (b"", b"new")
    assert [fact.answer is not None for fact in (taken, given_)] == [True, False]


LARGEST = ENVELOPE + 4_000
"""In place of 9 MiB, so that many groups can be tried."""


@given(
    bodies=st.lists(st.integers(0, 4_000 - BESIDE_BODY), min_size=1, max_size=30),
    answered=st.integers(0, 20),
)
def test_a_fact_that_would_be_too_large_is_split_into_numbered_parts(
    bodies: list[int], answered: int
) -> None:
    """No part is too large, none is lost or out of order, and none could take in the next resource."""
    group = [stated(VISIT, body=b"x" * bodies[0])]
    group += [
        stated(Key("Observation", str(n)), visits=("v",), body=b"x" * size)
        for n, size in enumerate(bodies[1:])
    ]
    answer = Answer("c", "k", b"h", [(201, "Observation", "o", 1)] * answered)
    with patch("ehr.grouping.LARGEST_FACT", LARGEST):
        made = facts(*group, answer=answer)
    assert [version for fact in made for version in fact.resources] == [one.version for one in group]
    assert [(fact.part, fact.parts) for fact in made] == [(n + 1, len(made)) for n in range(len(made))]
    assert {(fact.name, fact.stream, fact.subject) for fact in made} == {
        ("EncounterDocumented", stream_of(VISIT), ONE)
    }
    assert all(len(encode_fact(fact)) <= LARGEST for fact in made)
    assert [fact.answer for fact in made] == [answer] + [None] * (len(made) - 1)
    room = 4_000 - 40 * (answered + 1)
    for part, after in pairwise(made):
        versions = [*part.resources, after.resources[0]]
        assert sum(len(version.body) + BESIDE_BODY for version in versions) > room

"""The rows that decisions about pairs leave, whatever the batches, and whom they make one person."""

import random
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any
from uuid import UUID

import msgspec
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ehr.event_store.connections import connect, connect_async
from ehr.event_store.migrations import migrate
from ehr.facts import Evidence, PairFact
from ehr.linking import Act, Judgement, State, pair_of
from ehr.values import subject_of
from projections.generations import MIGRATIONS, serve
from projections.links.person import grouped, patients_of, people_of
from projections.links.queries import (
    contradicted_pairs,
    decisions,
    kept_apart,
    latest_decisions,
    pairs_of,
)
from projections.links.tallies import Gathered, Made, gathered, made
from projections.links.view import Links
from streams.recorded_fact import RecordedFact
from tests import pairing
from tests.pairing import CAPTURED, HISTORIES, components, facts_of, judgement, placed
from tests.projections.citizens.stating import cut, drop_generation, project, rows, run

VIEW = Links()
SUBJECTS = {id_: subject_of(f"Patient/{id_}") for id_ in "abcdef"}
EXAMPLES = settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def views(database: str) -> Iterator[psycopg.Connection[Any]]:
    with connect(database) as connection:
        migrate(connection, "views", MIGRATIONS)
        yield connection


def shown(views: psycopg.Connection[Any], *batches: Sequence[RecordedFact]) -> dict[str, list[Any]]:
    """All rows of a generation that is made of these batches, and is gone afterwards."""
    generation = project(views, VIEW, batches)
    try:
        return rows(views, VIEW)
    finally:
        drop_generation(views, generation)


def served(views: psycopg.Connection[Any], wishes: Sequence[Judgement]) -> list[RecordedFact]:
    """What judgements come to; readers see it."""
    facts = facts_of(wishes)
    serve(views, VIEW, project(views, VIEW, [facts]).number)
    return facts


def asked(url: str, reader: Any, *arguments: Any, **options: Any) -> Any:
    async def ask() -> Any:
        async with await connect_async(url) as connection:
            return await reader(connection, *arguments, **options)

    return run(ask())


def of(*ids: str) -> list[UUID]:
    return sorted(SUBJECTS[id_] for id_ in ids)


@EXAMPLES
@given(wishes=HISTORIES, places=st.lists(st.integers(0, 30), max_size=6))
def test_any_batching_gives_the_same_rows(
    views: psycopg.Connection[Any], wishes: list[Judgement], places: list[int]
) -> None:
    facts = facts_of(wishes)
    found = shown(views, *cut(facts, places))
    assert found == shown(views, facts)
    people = [group for group in components(facts) if len(group) > 1]
    expected = [(True, sum(map(len, people)), len(people))] if facts else []
    assert found["gathered"] == expected
    assert sum(row[-1] for row in found["made"]) == len(facts)


def test_decisions_are_counted_by_day_by_what_they_made_and_by_whom(
    database: str, views: psycopg.Connection[Any]
) -> None:
    served(
        views,
        [
            judgement(Act.PROPOSE, "a", "b", rule="1"),
            judgement(Act.LINK, "a", "b"),
            judgement(Act.LINK, "c", "d", *CAPTURED, rule="1", recorded_at="2026-11-25T17:30:00.000Z"),
            judgement(Act.UNLINK, "c", "d", recorded_at="2026-11-27T08:00:00.000Z"),
        ],
    )
    day = date(2026, 11, 26)  # from 17:00 on in UTC, the day before
    assert asked(database, made, day, day) == [
        Made(State.LINKED, False, 1, 1),
        Made(State.LINKED, True, 1, 1),
        Made(State.PROPOSED, True, 1, 1),
        Made(State.UNLINKED, False, 0, 1),
    ]
    assert asked(database, gathered) == Gathered(2, 1)


@EXAMPLES
@given(wishes=HISTORIES, late=st.sets(st.sampled_from(sorted(SUBJECTS))), chance=st.randoms())
def test_what_comes_late_gives_the_same_rows(
    views: psycopg.Connection[Any], wishes: list[Judgement], late: set[str], chance: random.Random
) -> None:
    """Parked citizens are taken up behind the others, in portions."""
    facts = facts_of(wishes)
    parked = {SUBJECTS[id_] for id_ in late}
    first = [one for one in facts if one.subject not in parked]
    second = [one for one in facts if one.subject in parked]
    middle = chance.randint(0, len(second))
    assert shown(views, first, second[:middle], second[middle:]) == shown(views, facts)


@EXAMPLES
@given(wishes=HISTORIES)
def test_readers_see_connected_components_at_every_position(
    database: str, views: psycopg.Connection[Any], wishes: list[Judgement]
) -> None:
    facts = served(views, wishes)
    for at in (*range(len(facts) + 1), None):
        people = asked(database, people_of, SUBJECTS.values(), at)
        found = {frozenset(others) for others in people.values() if others}
        assert found == components(facts[:at])
        assert all(subject in others for subject, others in people.items() if others)
        assert all(SUBJECTS[id_] == one for others in people.values() for one, id_ in others.items())


@EXAMPLES
@given(before=HISTORIES, meanwhile=HISTORIES)
def test_link_others_unlink_is_as_without_but_for_the_history(
    views: psycopg.Connection[Any], before: list[Judgement], meanwhile: list[Judgement]
) -> None:
    """The judgements meanwhile are about other pairs than the one that is linked."""
    pair = pair_of("a", "b")
    others = [one for one in meanwhile if one.pair != pair]
    apart = [one for one in before if one.pair != pair]
    link, unlink = judgement(Act.LINK, "a", "b"), judgement(Act.UNLINK, "a", "b")
    with_it = shown(views, facts_of([*apart, link, *others, unlink]))
    without = shown(views, facts_of([*apart, *others]))
    assert _present(with_it) == _present(without)
    assert len(with_it["decision"]) == len(without["decision"]) + 2


def _present(found: dict[str, list[Any]]) -> set[tuple[Any, ...]]:
    """Who is whom now, and how it stands with the pairs that nobody has linked and unlinked."""
    now = {row[:3] for row in found["member"] if row[4] is None}
    return now | {(*row[:4], row[6]) for row in found["pair"] if row[2:4] != pair_of("a", "b")}


def test_links_and_what_is_left_of_them(database: str, views: psycopg.Connection[Any]) -> None:
    wishes = [
        judgement(Act.LINK, "a", "b"),
        judgement(Act.LINK, "c", "b"),
        judgement(Act.UNLINK, "a", "b"),
        judgement(Act.LINK, "d", "e"),
    ]
    served(views, wishes)
    for at, together in ((0, "a"), (1, "ab"), (2, "abc"), (3, "a"), (4, "a"), (None, "a")):
        assert asked(database, patients_of, "a", at) == sorted(together)
    assert asked(database, patients_of, "b") == ["b", "c"]
    people = asked(database, people_of, SUBJECTS.values())
    groups = grouped(people, [SUBJECTS[id_] for id_ in "afbcde"])
    assert groups == [[SUBJECTS[id_] for id_ in ids] for ids in ("a", "f", "bc", "de")]
    assert asked(database, people_of, []) == {}


def test_what_was_decided_is_read(database: str, views: psycopg.Connection[Any]) -> None:
    wishes = [
        judgement(Act.PROPOSE, "a", "b", *CAPTURED, rule="1"),
        judgement(Act.PROPOSE, "c", "d", *CAPTURED, rule="1"),
        judgement(Act.LINK, "a", "b", *CAPTURED, reason="cùng số CCCD"),
    ]
    served(views, wishes)
    last, first = asked(database, decisions, pair_of("b", "a"))
    assert (first.position, first.state, first.rule, first.decided_by) == (1, State.PROPOSED, "1", "nurse")
    assert (last.version, last.state, last.reason) == (2, State.LINKED, "cùng số CCCD")
    assert (last.pair, last.evidence) == (pair_of("a", "b"), list(CAPTURED))
    assert [one.position for one in asked(database, latest_decisions, 2)] == [3, 2]
    assert [one.position for one in asked(database, latest_decisions, 2, before=2)] == [1]
    assert [one.position for one in asked(database, pairs_of, of("b", "d"))] == [2, 3]
    then = [[one.position for one in asked(database, pairs_of, of("b", "d"), at)] for at in range(4)]
    assert then == [[], [1], [1, 2], [2, 3]]


def test_a_pair_that_was_kept_apart_and_is_one_person_over_others_is_found(
    database: str, views: psycopg.Connection[Any]
) -> None:
    wishes = [judgement(Act.JUDGE_DIFFERENT, "a", "c"), *(judgement(Act.LINK, "b", id_) for id_ in "ac")]
    served(views, wishes)
    (found,) = asked(database, contradicted_pairs, 10)
    assert found.pair == pair_of("a", "c")
    (found,) = asked(database, kept_apart, SUBJECTS.values())
    assert (found.pair, found.position) == (pair_of("a", "c"), 1)
    assert asked(database, kept_apart, of("a", "b")) == []
    served(views, wishes[:2])
    assert asked(database, contradicted_pairs, 10) == []


def test_what_no_door_has_let_in_is_shown_all_the_same(views: psycopg.Connection[Any]) -> None:
    """Facts of other writers may say what the rules refuse: a link twice, an unlink before it, odd texts."""
    facts = facts_of([judgement(Act.LINK, "a", "b"), judgement(Act.UNLINK, "a", "b")])
    link, unlink = (one.fact for one in facts)
    assert isinstance(link, PairFact)
    assert isinstance(unlink, PairFact)
    odd = msgspec.structs.replace(
        link, reason="a\0b", rule="\0", evidence=[Evidence("\0", "x", float("inf"))] * 3, user="\0"
    )
    alone = msgspec.structs.replace(link, other=link.subject, other_patient=link.patient)
    written = [placed(one, n, n) for n, one in enumerate((unlink, odd, link, alone, unlink, link), 1)]
    found = shown(views, written)
    assert sorted(row[3:] for row in found["member"]) == [(2, 5), (2, 5), (6, None), (6, None)]
    assert len(found["decision"]) == 6
    assert shown(views, *([one] for one in written)) == found


@EXAMPLES
@given(wishes=HISTORIES)
def test_a_pair_is_kept_apart_and_one_person_as_its_facts_and_all_links_say(
    views: psycopg.Connection[Any], wishes: list[Judgement]
) -> None:
    """Whatever made it so: the judgement, a link over others, or a link that was taken back."""
    facts = facts_of(wishes)
    people = components(facts)
    apart = pairing.kept_apart(facts)
    generation = project(views, VIEW, [[fact] for fact in facts])
    found = views.execute("select subject, other, apart, together from pair").fetchall()
    drop_generation(views, generation)
    assert {(*both, at) for *both, at, _ in found if at} == {(*pair, at) for pair, at in apart.items()}
    assert all(together == any({*both} <= person for person in people) for *both, _, together in found)


def test_what_a_program_proposes_takes_no_judgement_away(
    database: str, views: psycopg.Connection[Any]
) -> None:
    typed = Evidence("insurance_number", "typed", 8.0)
    apart = [
        judgement(Act.JUDGE_DIFFERENT, "a", "c"),
        judgement(Act.PROPOSE, "a", "c", typed, rule="1"),
        judgement(Act.POSTPONE, "a", "c"),
    ]
    facts = served(views, [*apart, *(judgement(Act.LINK, "b", id_) for id_ in "ac")])
    assert len(facts) == 5
    (found,) = asked(database, contradicted_pairs, 10)
    assert (found.pair, found.position, found.state) == (pair_of("a", "c"), 1, State.DIFFERENT)
    assert asked(database, contradicted_pairs, 10, after=1) == []
    for own in (judgement(Act.PROPOSE, "a", "c"), judgement(Act.LINK, "a", "c")):
        served(views, [*apart, own])
        assert asked(database, kept_apart, SUBJECTS.values()) == []

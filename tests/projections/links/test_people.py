"""People are what can be reached over links that stand, at every position."""

from itertools import groupby, pairwise
from uuid import UUID

from hypothesis import given

from ehr.facts import LinkDoubted, PairFact, RecordsLinked
from ehr.linking import Judgement
from projections.links.people import Link, Member, members
from streams.recorded_fact import RecordedFact
from tests.pairing import HISTORIES, components, facts_of


def link(recorded: RecordedFact) -> Link:
    fact = recorded.fact
    assert isinstance(fact, PairFact)
    stands = isinstance(fact, RecordsLinked | LinkDoubted)
    return Link(recorded.position, fact.subject, fact.other, fact.patient, fact.other_patient, stands)


def people(found: list[Member], at: int) -> set[frozenset[UUID]]:
    """Who is together after a position, each group called by its smallest."""
    there = [one for one in found if one.from_position <= at and (one.to_position or at + 1) > at]
    groups = groupby(sorted(there, key=lambda one: one.person), key=lambda one: one.person)
    named = {person: frozenset(one.subject for one in group) for person, group in groups}
    assert all(person == min(group) for person, group in named.items())
    assert len(there) == len({one.subject for one in there})
    return set(named.values())


@given(HISTORIES)
def test_a_person_is_a_connected_component_at_every_position(wishes: list[Judgement]) -> None:
    facts = facts_of(wishes)
    found = members(map(link, facts))
    for position in range(len(facts) + 1):
        assert people(found, position) == components(facts[:position])


@given(HISTORIES)
def test_nothing_begins_where_nothing_changes(wishes: list[Judgement]) -> None:
    found = members(map(link, facts_of(wishes)))
    ends = {(one.subject, one.person, one.to_position) for one in found}
    assert all((one.subject, one.person, one.from_position) not in ends for one in found)
    assert all(one.to_position is None or one.from_position < one.to_position for one in found)


def test_a_long_row_of_links_is_one_person_in_little_time() -> None:
    subjects = [UUID(int=n) for n in range(2000)]
    row = [
        Link(n, one, other, str(n), str(n + 1), stands=True)
        for n, (one, other) in enumerate(pairwise(subjects), 1)
    ]
    found = members(row)
    assert {one.person for one in found} == {UUID(int=0)}
    assert len(found) == 2000
    cut = members([*row, row[1000]._replace(position=5000, stands=False)])
    assert {one.person for one in cut if one.to_position is None} == {UUID(int=0), UUID(int=1001)}


def test_a_subject_linked_with_itself_is_nobody_else() -> None:
    one = Link(1, UUID(int=1), UUID(int=1), "a", "a", stands=True)
    assert members([one, one._replace(position=2, stands=False)]) == []

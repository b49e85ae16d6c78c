"""64 clients register damaged copies of 100 people at once: nobody is linked with another, nobody is lost."""

import asyncio
from collections.abc import Iterator
from itertools import combinations
from uuid import UUID

import pytest

from benchmarks.matching.judging_people import registrations
from benchmarks.matching.registrations import patient_of
from ehr.health_record import HealthRecord
from ehr.matching.judging import LINK, judge
from ehr.values import subject_of
from projections.database import Reader
from projections.links.person import people_of
from projections.matching.candidates import Candidate, people
from tests.linking import linking, prepared, settle, shown, stated
from tests.projections.linking.reading import read
from tests.stating import migrated, on_record, request, update

CLIENTS = 64
PEOPLE = 100
COPIES = {f"p{n}": said for n, said in enumerate(registrations(seed=7, people=PEOPLE, typed=0.1, absent=0.1))}
TRUTH = {subject_of(f"Patient/{id_}"): said.person for id_, said in COPIES.items()}
"""Who each copy is, which no Patient says."""

Known = dict[UUID, Candidate]


def register_at_once(url: str) -> None:
    waiting = iter(COPIES.items())

    async def client(record: HealthRecord) -> None:
        for id_, said in waiting:
            await record.state(request(update(patient_of(said) | {"id": id_})))

    async def work(record: HealthRecord) -> None:
        await asyncio.gather(*(client(record) for _ in range(CLIENTS)))

    on_record(url, work)


def alike(known: Known) -> Iterator[frozenset[UUID]]:
    """All pairs that the rules link by themselves, found by comparing everybody with everybody."""
    for one, other in combinations(known.values(), 2):
        if judge(one.person, other.person).decision == LINK:
            yield frozenset((one.subject, other.subject))


@pytest.fixture(scope="module")
def registered(module_database: str) -> str:
    url = prepared(migrated(module_database))
    with shown(url), linking(url, processes=2):
        register_at_once(url)
        settle(url)
    return url


async def _everybody(connection: Reader) -> Known:
    return await people(connection, TRUTH)


async def _together(connection: Reader) -> dict[UUID, frozenset[UUID]]:
    return {one: frozenset(others) for one, others in (await people_of(connection, TRUTH)).items()}


def test_everybody_is_there(registered: str) -> None:
    assert len(COPIES) > 1.5 * PEOPLE
    assert set(read(registered, _everybody)) == set(TRUTH)


def test_nobody_is_linked_with_another(registered: str) -> None:
    found = read(registered, _together)
    assert sum(1 for others in found.values() if others) > PEOPLE / 2
    for one, others in found.items():
        assert {TRUTH[other] for other in others} <= {TRUTH[one]}


def test_nobody_is_lost_whom_the_rules_link(registered: str) -> None:
    pairs, found = list(alike(read(registered, _everybody))), read(registered, _together)
    assert len(pairs) > PEOPLE / 2
    assert [pair for pair in pairs if not any(pair <= others for others in found.values())] == []


def test_nothing_was_stated_twice_and_nothing_that_need_not_be(registered: str) -> None:
    links = [pair for what, pair in stated(registered) if what == "l"]
    people = {frozenset(others) for others in read(registered, _together).values() if others}
    assert len(links) == sum(len(others) - 1 for others in people)
    assert len(stated(registered)) == len(set(stated(registered)))

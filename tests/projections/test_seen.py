"""What is left out of a view may matter to whoever decides on it."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import closing
from typing import Any

import pytest

from ehr.errors import Unseen
from ehr.event_store.connections import connect, connect_async
from ehr.linking import Act, pair_of
from ehr.values import subject_of
from projections.fhir_resources.view import FhirResources
from projections.generations import ensure_generation
from projections.projector import Projector
from projections.seen import MOST_LEFT_OUT, seen
from streams.notification_log import NotificationLog
from tests.pairing import judge_all, judgement
from tests.projections.test_parking import Failing
from tests.stating import looking, migrated, observation, patient, request, state_all, update

ORGANIZATION = {"resourceType": "Organization", "id": "o", "name": "x"}


def looked(url: str, type_: str, find: Callable[[], Awaitable[Any]] | None = None) -> tuple[Any, int]:
    async def nothing() -> str:
        return "found"

    async def run() -> tuple[Any, int]:
        async with await connect_async(url) as connection:
            return await seen(connection, FhirResources.name, {"Medication", type_}, find or nothing)

    return asyncio.run(run())


def stated(database: str, *left_out: str) -> str:
    """A citizen with a result, and an organization; facts about some subjects break the view."""
    resources = [{**patient("P"), "id": "p"}, {**observation("p", 1), "id": "r"}, ORGANIZATION]
    url = migrated(database)
    for resource in resources:
        state_all(url, request(update(resource)))
    victims = frozenset(subject_of(reference) for reference in left_out)
    with connect(url) as connection:
        ensure_generation(connection, FhirResources())
    with (
        closing(NotificationLog(url)) as log,
        closing(Projector(Failing(FhirResources(), victims), log, url)) as projector,
    ):
        while projector.step():
            pass
    return url


def test_a_view_that_leaves_nothing_out(database: str) -> None:
    assert looked(stated(database), "Patient") == ("found", 3)


@pytest.mark.parametrize(
    ("left_out", "unseen"),
    [
        ("Patient/p", {"Patient", "Observation", "Condition"}),
        ("Organization/o", {"Organization"}),
    ],
)
def test_what_may_be_about_whoever_is_parked_is_unseen(
    database: str, left_out: str, unseen: set[str]
) -> None:
    url = stated(database, left_out)
    for type_ in ("Patient", "Observation", "Condition", "Organization", "Practitioner", "Medication"):
        if type_ in unseen:
            with pytest.raises(Unseen):
                looked(url, type_)
        else:
            assert looked(url, type_) == ("found", 3)


@pytest.mark.parametrize(
    "change",
    [
        "update views.parked set since_position = 3",
        "update record.facts set state = '\\xff' where notification_id = 1",
    ],
    ids=["the fact is another's", "the fact cannot be read"],
)
def test_what_somebody_waits_with_may_be_unknown(database: str, change: str) -> None:
    url = stated(database, "Patient/p")
    assert looked(url, "Practitioner") == ("found", 3)
    with looking(url) as connection:
        connection.execute(change.encode())
    with pytest.raises(Unseen):
        looked(url, "Practitioner")


def test_what_many_wait_with_is_not_looked_at(database: str) -> None:
    url = stated(database, "Organization/o")
    assert looked(url, "Patient") == ("found", 3)
    with looking(url) as connection:
        connection.execute(
            "insert into views.parked select view, generation, gen_random_uuid(), 3, 'many'"
            " from views.parked, generate_series(1, %s)",
            [MOST_LEFT_OUT],
        )
    with pytest.raises(Unseen):
        looked(url, "Patient")


def test_a_quarantined_record_counts(database: str) -> None:
    url = stated(database)
    with looking(url) as connection:
        connection.execute(
            "insert into views.quarantined select view, generation, 3, gen_random_uuid(), 'planted'"
            " from views.generations"
        )
    with pytest.raises(Unseen):
        looked(url, "Patient")


def test_without_a_serving_view_nothing_is_seen(database: str) -> None:
    url = stated(database)
    with looking(url) as connection:
        connection.execute("update views.generations set state = 'retired'")
    with pytest.raises(Unseen):
        looked(url, "Patient")


def test_what_is_found_in_two_generations_is_found_again(database: str) -> None:
    """The second one serves from the middle of the first look on, and has its own position."""
    url = stated(database)
    looks = []

    async def find() -> int:
        looks.append(1)
        if len(looks) == 1:
            with looking(url) as connection:
                connection.execute("update views.generations set state = 'retired'")
                connection.execute(
                    "insert into views.generations select view, 2, code_version, 'serving', 2"
                    " from views.generations"
                )
        return len(looks)

    assert looked(url, "Patient", find) == (2, 2)


def test_whoever_waits_with_a_judgement_is_a_citizen(database: str) -> None:
    """It holds no resource, but what waits behind it may."""
    stated(database)
    state_all(database, request(update({**patient("Q"), "id": "q"})))
    judge_all(database, judgement(Act.LINK, "p", "q"))
    with looking(database) as connection:
        connection.execute(
            "insert into views.parked select 'fhir_resources', 1, %s, max(notification_id), 'test'"
            " from record.facts",
            [pair_of("p", "q").subject],
        )
    assert looked(database, "Practitioner") == ("found", 3)
    with pytest.raises(Unseen):
        looked(database, "Observation")

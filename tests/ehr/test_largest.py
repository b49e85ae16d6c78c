"""The largest resource, fact and request (rule 8: one that is too large would hold up the log for ever)."""

import asyncio
import os
from base64 import b64encode
from dataclasses import replace
from typing import Any
from unittest.mock import patch
from uuid import uuid4

import psycopg
import pytest

from ehr.appending import LARGEST_FACT, LARGEST_RESOURCE, Append, Appended, EncodedFact
from ehr.errors import TooLarge
from ehr.event_store.group_commit import GroupCommit
from ehr.event_store.notifications import Notifications
from ehr.health_record import HealthRecord, Receipt
from ehr.requests import Change, IdempotencyKey
from tests.stating import create, migrated, on_record, patient, request, state_all, value

VISIT, PERSON = "urn:uuid:00000000-0000-4000-8000-000000000001", "urn:oid:1"
FACTS = "select count(*) from record.facts"


def document(size: int) -> Change:
    """A document of a visit, of about so many bytes that cannot be compressed."""
    content = {"contentType": "application/pdf", "data": b64encode(os.urandom(size)).decode()}
    resource = {
        "resourceType": "DocumentReference",
        "status": "current",
        "subject": {"reference": PERSON},
        "context": {"encounter": [{"reference": VISIT}]},
        "content": [{"attachment": content}],
    }
    return create(resource)


def visit() -> list[Change]:
    """A person and a visit, which entries may refer to."""
    encounter = {
        "resourceType": "Encounter",
        "status": "finished",
        "class": {"code": "AMB"},
        "subject": {"reference": PERSON},
    }
    return [create(patient("P"), full_url=PERSON), create(encounter, full_url=VISIT)]


def growing(text: int) -> Change:
    """A plan of so many bytes once its links are rewritten, a quarter of which it has before."""
    new = len("Patient/") + 36
    links, rest = divmod(text - len(PLAN), new + 3)
    plan = {"resourceType": "CarePlan", "description": "x" * (rest + 1), "instantiatesUri": [PERSON] * links}
    return create(plan)


PLAN = '{"resourceType":"CarePlan","description":"","instantiatesUri":[]}'


def numbered(*changes: Change) -> list[Change]:
    """The entries of a Bundle."""
    return [replace(change, index=n) for n, change in enumerate(changes)]


def test_a_visit_beyond_9_mib_is_stored_in_parts_that_become_visible_together(database: str) -> None:
    url = migrated(database)
    key = IdempotencyKey("test", "large", b"hash")
    wish = request(*visit(), *(document(2 << 20) for _ in range(5)), key=key)
    (receipt,) = state_all(url, wish)
    log = Notifications(url)
    rows = log.read(0, 1)
    log.close()
    assert [(row.topic, row.size) for row in rows] == [
        ("EncounterDocumented", 3),
        ("EncounterDocumented", 3),
        ("CitizenRegistered", 3),
    ]
    assert [row.stream_version for row in rows] == [1, 2, 1]
    assert max(len(row.state) for row in rows) <= LARGEST_FACT < sum(len(row.state) for row in rows)
    assert [outcome.status for outcome in receipt.outcomes] == [201] * 7
    assert state_all(url, wish)[0].outcomes == receipt.outcomes


def test_a_resource_is_measured_after_its_links_are_rewritten(database: str) -> None:
    url = migrated(database)

    def wish(size: int) -> Any:
        return request(*numbered(*visit(), growing(size)))

    async def work(record: HealthRecord) -> list[Receipt | BaseException]:
        wishes = (wish(LARGEST_RESOURCE), wish(LARGEST_RESOURCE + 1), request(create(patient("Q"))))
        return await asyncio.gather(*map(record.state, wishes), return_exceptions=True)

    fits, refused, neighbour = on_record(url, work)
    assert isinstance(fits, Receipt)
    assert isinstance(refused, TooLarge)
    assert refused.entry == 2
    assert isinstance(neighbour, Receipt)
    assert value(url, FACTS) == 4


def test_an_answer_that_no_fact_can_carry_is_refused(database: str) -> None:
    url = migrated(database)
    key = IdempotencyKey("test", "many", b"hash")
    with (
        patch("ehr.event_store.sharing.LARGEST_FACT", 2_000),
        pytest.raises(TooLarge, match="the answer that its Idempotency-Key keeps"),
    ):
        state_all(url, request(*(create(patient(f"P{n}")) for n in range(40)), key=key))
    assert value(url, FACTS) == 0


def appended(url: str, *sizes: int) -> list[Appended | BaseException]:
    """What becomes of facts of these sizes, each a request, in one flush."""

    async def work() -> list[Appended | BaseException]:
        commits = GroupCommit(url)
        wishes = [Append([EncodedFact(uuid4(), "planted", bytes(size), uuid4())]) for size in sizes]
        waiting = [asyncio.create_task(commits.append(wish)) for wish in wishes]
        runs = asyncio.create_task(commits.run())
        try:
            return await asyncio.gather(*waiting, return_exceptions=True)
        finally:
            runs.cancel()

    return asyncio.run(work())


def test_the_largest_fact_is_stored_and_a_larger_one_is_refused_alone(database: str) -> None:
    url = migrated(database)
    outcomes = appended(url, 1, LARGEST_FACT, LARGEST_FACT + 1, 1)
    assert [type(outcome) for outcome in outcomes] == [Appended, Appended, TooLarge, Appended]
    assert value(url, "select array_agg(notification_id order by 1) from record.facts") == [1, 2, 3]


def test_the_database_refuses_it_too_and_only_it(database: str) -> None:
    url = migrated(database)
    with patch("ehr.event_store.sharing.LARGEST_FACT", 2 * LARGEST_FACT):
        outcomes = appended(url, 1, LARGEST_FACT + 1, 1)
    assert [type(outcome) for outcome in outcomes] == [Appended, psycopg.errors.CheckViolation, Appended]
    assert value(url, "select array_agg(notification_id order by 1) from record.facts") == [1, 2]


def test_a_request_beyond_the_largest_is_refused_and_its_neighbours_are_not(database: str) -> None:
    url = migrated(database)
    with patch("ehr.event_store.sharing.LARGEST_REQUEST", 1_000):
        outcomes = appended(url, 1_000, 1_001, 1)
    assert [type(outcome) for outcome in outcomes] == [Appended, TooLarge, Appended]


def test_a_flush_takes_no_further_request_once_it_is_large(database: str) -> None:
    """All requests of a flush are one value for PostgreSQL, which holds less than 1 GiB."""
    url = migrated(database)
    with patch("ehr.event_store.sharing.MOST_BYTES", 1_000):
        assert {type(outcome) for outcome in appended(url, 400, 600, 5_000, 1, 1)} == {Appended}
    with psycopg.connect(url) as connection:
        sizes = connection.execute("select distinct transaction, size from record.facts order by 1")
        assert sizes.fetchall() == [(1, 2), (3, 1), (4, 2)]


@pytest.mark.parametrize(
    ("after", "read"),
    [(0, [1, 2]), (2, [3, 4, 5]), (3, [4, 5]), (5, [6]), (6, [7, 8])],
    ids=["two that fit", "a whole flush", "the rest of one", "no more beside it", "the last"],
)
def test_a_reading_ends_before_the_flush_with_which_it_would_be_too_large(
    database: str, after: int, read: list[int]
) -> None:
    url = migrated(database)
    for flush in ([400], [600], [500, 5_000, 1], [1_000], [1, 1]):
        appended(url, *flush)
    with patch("ehr.event_store.notifications.MOST_BYTES", 1_000):
        log = Notifications(url)
        assert [row.position for row in log.read(after, 100)] == read
        log.close()

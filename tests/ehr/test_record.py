"""The record under many at once: one decision, no gaps, safe retries (docs/consistency.md)."""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable

import psycopg
import pytest

from ehr.appending import Condition, Resolved
from ehr.errors import Contradiction, KeyReused, Unavailable, VersionConflict
from ehr.event_store.connections import connect
from ehr.event_store.store import PostgresRecorder
from ehr.health_record import HealthRecord, Receipt
from ehr.requests import Change, IdempotencyKey
from ehr.values import Key
from tests.stating import create, migrated, observation, on_record, patient, request, state_all, update, value

ONE = Condition("Patient", "urn:test", "1")
GAPS = """select count(*) from (
    select notification_id - row_number() over (order by notification_id) as gap from record.facts
    union all
    select subject_sequence - row_number() over (partition by subject order by notification_id)
    from record.facts
    union all
    select originator_version - row_number() over (partition by originator_id order by notification_id)
    from record.facts) g where gap <> 0"""
RISING = """select count(*) from (
    select transaction, min(last_updated) as low, max(last_updated) as high,
           lag(max(last_updated)) over (order by transaction) as before
    from record.facts group by transaction) f
    where low <> high or before >= low"""


def test_64_conditional_creates_of_one_number_make_one_patient(database: str) -> None:
    url = migrated(database)
    condition = Condition("Patient", "urn:test", "1")

    async def one_committer() -> list[Receipt]:
        async with PostgresRecorder(url) as recorder:
            record = HealthRecord(recorder)
            wishes = [request(create(patient(f"Thử {n}", "1"), condition)) for n in range(32)]
            return list(await asyncio.gather(*(record.state(wish) for wish in wishes)))

    async def two_committers() -> list[Receipt]:
        one, other = await asyncio.gather(one_committer(), one_committer())
        return one + other

    receipts = asyncio.run(two_committers())
    assert len({receipt.outcomes[0].key for receipt in receipts}) == 1
    assert Counter(receipt.outcomes[0].status for receipt in receipts) == {201: 1, 200: 63}
    assert value(url, "select count(*) from record.facts") == 1


def test_a_stale_if_match_refuses_only_its_own_request(database: str) -> None:
    url = migrated(database)
    ids = [
        r.outcomes[0].key.id for r in state_all(url, *(request(create(patient(f"P{n}"))) for n in range(20)))
    ]

    async def work(record: HealthRecord) -> list[Receipt | BaseException]:
        wishes = [
            request(update({**patient("mới"), "id": id_}, if_match=7 if n == 5 else 1))
            for n, id_ in enumerate(ids)
        ]
        return await asyncio.gather(*(record.state(wish) for wish in wishes), return_exceptions=True)

    results = on_record(url, work)
    assert [n for n, result in enumerate(results) if isinstance(result, VersionConflict)] == [5]
    assert sum(isinstance(result, Receipt) for result in results) == 19


def test_concurrent_updates_without_if_match_are_all_stored_one_after_the_other(database: str) -> None:
    url = migrated(database)
    (receipt,) = state_all(url, request(create(patient("P"))))
    id_ = receipt.outcomes[0].key.id
    receipts = state_all(url, *(request(update({**patient(f"P{n}"), "id": id_})) for n in range(16)))
    assert sorted(r.outcomes[0].version for r in receipts) == list(range(2, 18))


def test_a_key_is_answered_once_and_for_all(database: str) -> None:
    url = migrated(database)
    key = IdempotencyKey("test", "visit-1", b"content")
    wish = request(create(patient("P")), key=key)
    receipts = state_all(url, *[wish] * 64)
    assert len({receipt.outcomes[0] for receipt in receipts}) == 1
    assert len({receipt.last_updated for receipt in receipts}) == 1
    assert sum(not receipt.repeated for receipt in receipts) == 1
    assert value(url, "select count(*) from record.facts") == 1
    with pytest.raises(KeyReused):
        state_all(url, request(create(patient("Q")), key=other(key)))


def other(key: IdempotencyKey) -> IdempotencyKey:
    """The same key on another content."""
    return IdempotencyKey(key.client, key.key, b"other content")


class Late(PostgresRecorder):
    """Somebody does something between the two look-ups of a request, once."""

    between: Callable[[], Awaitable[Receipt]] | None = None

    async def resolve(
        self, heads: set[Key], conditions: set[Condition], key: tuple[str, str] | None
    ) -> Resolved:
        if heads and not conditions and self.between:
            act, self.between = self.between, None
            await act()
        return await super().resolve(heads, conditions, key)


def test_a_retry_beside_its_original_is_given_its_answer(database: str) -> None:
    """The original is stored after the retry has looked for its answer, and has taken the version that both
    name."""
    url = migrated(database)
    new = update({**patient("new", "1"), "id": "p"}, if_match=1)
    wish = Change(None, "update", "Patient", None, ONE, 1, None, new.raw, new.json)
    key = IdempotencyKey("client", "key", b"hash")

    async def run() -> tuple[Receipt, Receipt]:
        late = Late(url)
        async with PostgresRecorder(url) as recorder, late:
            record = HealthRecord(recorder)
            await record.state(request(update({**patient("old", "1"), "id": "p"})))
            late.between = lambda: record.state(request(wish, key=key))
            retry = await HealthRecord(late).state(request(wish, key=key))
            return retry, await record.state(request(wish, key=key))

    retry, again = asyncio.run(run())
    assert retry == again
    assert (retry.repeated, retry.outcomes[0].status, retry.outcomes[0].version) == (True, 200, 2)


def test_requests_that_wait_share_flushes_and_leave_no_gap(database: str) -> None:
    url = migrated(database)
    state_all(url, *(request(create(observation(str(n % 7), n))) for n in range(300)))
    assert value(url, "select count(*) from record.facts") == 300
    assert value(url, "select count(*) from record.flushes") < 30
    assert value(url, GAPS) == 0
    assert value(url, RISING) == 0


def test_a_lost_connection_loses_and_doubles_nothing(database: str) -> None:
    url = migrated(database)
    chance = random.Random(7)
    stored: set[str] = set()
    refused: set[str] = set()

    async def work(record: HealthRecord) -> None:
        async def client(name: int) -> None:
            for n in range(30):
                number = f"{name}-{n}"
                try:
                    await record.state(request(create(patient("P", number))))
                    stored.add(number)
                except Unavailable:
                    refused.add(number)

        async def trouble() -> None:
            with connect(url) as connection:
                for _ in range(25):
                    await asyncio.sleep(chance.random() / 30)
                    connection.execute(
                        "select pg_terminate_backend(pid) from pg_stat_activity where query like %s"
                        " and pid <> pg_backend_pid()",
                        ["%record.append%"],
                    )

        await asyncio.gather(trouble(), *(client(name) for name in range(12)))

    on_record(url, work)
    with psycopg.connect(url) as connection:
        there = Counter(row[0] for row in connection.execute("select value from record.claims"))
    assert set(there) == stored
    assert not stored & refused
    assert max(there.values()) == 1
    assert value(url, GAPS) == 0


def test_a_conditional_reference_finds_its_patient_beside_another_type_of_the_same_id(database: str) -> None:
    url = migrated(database)
    state_all(url, request(update({**patient("P", "7"), "id": "x"})))
    visit = {
        "resourceType": "Encounter",
        "id": "x",
        "subject": {"reference": "Patient?identifier=urn:test|7"},
    }
    (receipt,) = state_all(url, request(update(visit)))
    assert receipt.outcomes[0].status == 201


def test_a_condition_that_another_entry_meets_is_a_contradiction(database: str) -> None:
    url = migrated(database)
    wishes = (create(patient("P", "1")), create(patient("Q", "1"), Condition("Patient", "urn:test", "1")))
    with pytest.raises(Contradiction):
        state_all(url, request(*wishes))
    assert value(url, "select count(*) from record.facts") == 0

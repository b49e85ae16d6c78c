"""Conditions that are searches, under many at once (docs/consistency.md)."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Iterator
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any, TypeVar

import psycopg
import pytest

from ehr.appending import Append, Appended
from ehr.conditional import condition_of
from ehr.errors import NotUnique, Refusal, TooCostly, TooMany, Unavailable, Unseen
from ehr.event_store import searches
from ehr.event_store.connections import connect
from ehr.event_store.news import LOCK
from ehr.event_store.store import PostgresRecorder
from ehr.health_record import HealthRecord, Receipt
from ehr.requests import Change
from ehr.searching import Search, Searcher, Shown
from ehr.targets import MOST_DELETED
from projections.fhir_resources.conditions import IndexSearcher
from projections.fhir_resources.view import FhirResources
from projections.generations import ensure_generation
from tests.conditions import KINDS, Elements, Kind, standing
from tests.fhir_api.running import projecting
from tests.replaying import catch_up
from tests.stating import create, migrated, observation, patient, request, update, value

WAITING = "select count(*) from pg_locks where locktype = 'advisory' and not granted"
CUT = "select pg_terminate_backend(pid) from pg_stat_activity where wait_event = 'advisory'"
Result = TypeVar("Result")


@pytest.fixture
def url(database: str) -> str:
    """A record with a view that has seen nothing."""
    with connect(migrated(database)) as connection:
        ensure_generation(connection, FhirResources())
    return database


@pytest.fixture(params=[True, False], ids=["projected", "not projected"])
def shown(url: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """The same; the view follows, or stays as it is."""
    if request.param:
        with projecting(url):
            yield url
    else:
        yield url


def on_records(
    url: str,
    work: Callable[[list[HealthRecord]], Awaitable[Result]],
    committers: int = 1,
    make_searcher: Callable[[str], Searcher] = Elements,
) -> Result:
    """What ``work`` gives on records of one database, each with a committer of its own."""

    async def run() -> Result:
        async with AsyncExitStack() as stack:
            records = []
            for _ in range(committers):
                searcher = make_searcher(url)
                recorder = await stack.enter_async_context(PostgresRecorder(url, searcher))
                records.append(HealthRecord(recorder, searcher))
            return await work(records)

    return asyncio.run(run())


def creating(kind: Kind, n: int = 1) -> Change:
    """The wish for a resource of a kind where there is none."""
    return create(kind.stated(n), kind.condition(n))


@pytest.mark.parametrize("make_searcher", [Elements, IndexSearcher])
def test_64_clients_at_once_on_20_kinds_of_condition_never_make_two(
    shown: str, make_searcher: Callable[[str], Searcher]
) -> None:
    async def work(records: list[HealthRecord]) -> list[list[Receipt]]:
        return await asyncio.gather(
            *(
                asyncio.gather(*(records[n % len(records)].state(request(creating(kind))) for n in range(64)))
                for kind in KINDS
            )
        )

    for receipts in on_records(shown, work, 3, make_searcher):
        assert Counter(receipt.outcomes[0].status for receipt in receipts) == {201: 1, 200: 63}
        assert len({receipt.outcomes[0].key for receipt in receipts}) == 1
    assert value(shown, "select count(*) from record.facts") == len(KINDS)


class Late(PostgresRecorder):
    """Somebody does something between a request's look and its flush, once."""

    between: Callable[[], Awaitable[Receipt]] | None = None
    tries = 0

    async def append(self, request: Append) -> Appended:
        self.tries += 1
        if self.between:
            act, self.between = self.between, None
            await act()
        return await super().append(request)


DAY = condition_of("Patient", "birthdate=1990-01-01")


def born(day: str, id_: str = "", **more: Any) -> dict[str, Any]:
    return {**patient("Hoa"), "birthDate": day, **({"id": id_} if id_ else {}), **more}


def delete(id_: str) -> Change:
    return Change(None, "delete", "Patient", id_)


MATCH, OTHER = "1990-01-01", "1991-01-01"
CREATE = create(born(MATCH), DAY)
UPDATE = replace(create(born(MATCH, gender="other"), DAY), action="update")
DELETE = replace(delete(""), id=None, condition=DAY)
DELETE_ALL = replace(DELETE, several=True)


@pytest.mark.parametrize(
    ("before", "wish", "meanwhile", "result", "left"),
    [
        ([], CREATE, update(born(MATCH, "p")), (200, "p"), {"p"}),
        ([], CREATE, update(born(OTHER, "p")), (201, None), {None}),
        ([born(MATCH, "p")], CREATE, None, (200, "p"), {"p"}),
        ([born(OTHER, "p")], CREATE, update(born(MATCH, "p")), (200, "p"), {"p"}),
        ([], UPDATE, update(born(MATCH, "p")), (200, "p"), {"p"}),
        ([born(MATCH, "p")], UPDATE, update(born(OTHER, "p")), (201, None), {None}),
        ([born(MATCH, "p")], UPDATE, delete("p"), (201, None), {None}),
        ([born(MATCH, "p")], UPDATE, update(born(MATCH, "q")), NotUnique, {"p", "q"}),
        ([born(MATCH, "p")], DELETE, update(born(OTHER, "p")), (204, ""), set()),
        ([born(MATCH, "p")], DELETE, update(born(MATCH, "q")), NotUnique, {"p", "q"}),
        ([born(MATCH, "p")], DELETE_ALL, update(born(MATCH, "q")), (204, ""), set()),
        ([born(MATCH, "p"), born(MATCH, "q")], DELETE_ALL, delete("q"), (204, ""), set()),
        ([born(MATCH, "p"), born(MATCH, "q")], DELETE_ALL, update(born(OTHER, "q")), (204, ""), set()),
    ],
)
def test_what_others_do_meanwhile_counts(
    shown: str,
    before: list[dict[str, Any]],
    wish: Change,
    meanwhile: Change | None,
    result: tuple[int, str | None] | type[Refusal],
    left: set[str | None],
) -> None:
    """left: who matches afterwards, None for somebody new."""

    async def run() -> Receipt:
        searcher = Elements(shown)
        late = Late(shown, searcher)
        async with PostgresRecorder(shown, searcher) as recorder, late:
            record = HealthRecord(recorder, searcher)
            for one in before:
                await record.state(request(update(one)))
            if meanwhile:
                change = meanwhile
                late.between = lambda: record.state(request(change))
            return await HealthRecord(late, searcher).state(request(wish))

    if isinstance(result, tuple):
        outcome = asyncio.run(run()).outcomes[0]
        assert outcome.status == result[0]
        assert result[1] is None or outcome.key.id == result[1]
    else:
        with pytest.raises(result):
            asyncio.run(run())
    assert {id_ if id_ in ("p", "q") else None for id_ in matching(shown)} == left


def matching(url: str) -> set[str]:
    """Ids of the patients that match, by their last versions in the record."""
    return {id_ for id_, resource in standing(url, "Patient").items() if resource.get("birthDate") == MATCH}


def test_requests_that_touch_no_match_share_a_flush(url: str) -> None:
    """Also where they have conditions on one type; and one that makes a match sends the others back."""

    async def work(records: list[HealthRecord]) -> list[Receipt]:
        different = [creating(kind, n) for n in range(10) for kind in KINDS if kind.type == "Patient"]
        return await asyncio.gather(*(records[0].state(request(one)) for one in different))

    assert {receipt.outcomes[0].status for receipt in on_records(url, work, 1, IndexSearcher)} == {201}
    assert value(url, "select count(*) from record.flushes") < 10


@pytest.mark.parametrize(
    ("earlier", "status", "id_"),
    [
        (update(born(MATCH, "p")), 200, "p"),
        (create(born(MATCH)), 200, None),
        (update(born(OTHER, "p", gender="female")), 201, None),
        (update({**observation("p", 1), "id": "o"}), 201, None),
    ],
    ids=["an update makes a match", "a create is a match", "no match", "another type"],
)
def test_a_condition_is_met_by_what_comes_before_it_in_its_flush(
    url: str, earlier: Change, status: int, id_: str | None
) -> None:
    """Where that makes no difference, they are stored together."""

    async def run() -> list[Receipt]:
        searcher = Elements(url)
        async with PostgresRecorder(url, searcher) as recorder:
            record = HealthRecord(recorder, searcher)
            await record.state(request(update(born(OTHER, "p"))))
            with connect(url) as connection, connection.transaction():
                connection.execute(LOCK)
                tasks = [asyncio.create_task(record.state(request(create(patient("before")))))]
                await until(lambda: connection.execute(WAITING).fetchone() == (1,))
                for n, wish in enumerate((earlier, CREATE), start=1):
                    tasks.append(asyncio.create_task(record.state(request(wish))))
                    await until(lambda n=n: len(recorder._commits._waiting) == n)  # type: ignore[misc]
            return await asyncio.gather(*tasks)

    _, first, second = asyncio.run(run())
    outcome = second.outcomes[0]
    assert outcome.status == status
    if status == 200:
        assert outcome.key.id == (id_ or first.outcomes[0].key.id)
    else:
        assert first.position == second.position


def test_a_flush_that_is_lost_while_it_waits_is_found_out_about(url: str) -> None:
    async def run() -> int:
        searcher = Elements(url)
        async with PostgresRecorder(url, searcher) as recorder:
            record = HealthRecord(recorder, searcher)
            with connect(url) as connection, connection.transaction():
                connection.execute(LOCK)
                lost = asyncio.create_task(record.state(request(CREATE)))
                await until(lambda: connection.execute(WAITING).fetchone() == (1,))
                connection.execute(CUT)
            with pytest.raises(Unavailable, match="stored nothing"):
                await lost
            return (await record.state(request(CREATE))).outcomes[0].status

    assert asyncio.run(run()) == 201
    assert value(url, "select count(*) from record.flushes where verdicts = '{}'") == 1
    assert len(matching(url)) == 1


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not condition():
            await asyncio.sleep(0.01)


def test_usual_flushes_stay_one_statement(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    transactions = 0
    transaction = psycopg.AsyncConnection.transaction

    def counted(connection: psycopg.AsyncConnection[Any]) -> Any:
        nonlocal transactions
        transactions += 1
        return transaction(connection)

    monkeypatch.setattr(psycopg.AsyncConnection, "transaction", counted)
    for wish, expected in ((CREATE_BY_NUMBER, 0), (CREATE, 1)):
        receipt = on_records(url, lambda records, wish=wish: records[0].state(request(wish)))  # type: ignore[misc]
        assert (receipt.outcomes[0].status, transactions) == (201, expected)


CREATE_BY_NUMBER = create(patient("Hoa", "1"), condition_of("Patient", "identifier=urn:test|1"))


def test_a_condition_waits_while_the_view_is_too_far_behind(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searches, "BEHIND", searches.BEHIND._replace(facts=3))

    async def work(records: list[HealthRecord]) -> Receipt:
        for n in range(4):
            await records[0].state(request(update(born(OTHER, f"p{n}"))))
        return await records[0].state(request(CREATE))

    with pytest.raises(Unseen, match="too far behind"):
        on_records(url, work)
    catch_up(url)
    assert on_records(url, lambda records: records[0].state(request(CREATE))).outcomes[0].status == 201


@pytest.mark.parametrize("bound", ["facts", "bytes", "resources"])
def test_what_is_too_much_to_look_at_under_the_lock_is_looked_at_again(
    url: str, monkeypatch: pytest.MonkeyPatch, bound: str
) -> None:
    monkeypatch.setattr(searches, "BETWEEN", searches.BETWEEN._replace(**{bound: 0}))

    async def run() -> tuple[Receipt, int]:
        searcher = Elements(url)
        late = Late(url, searcher)
        async with PostgresRecorder(url, searcher) as recorder, late:
            record = HealthRecord(recorder, searcher)
            late.between = lambda: record.state(request(update(born(OTHER, "p"))))
            receipt = await HealthRecord(late, searcher).state(request(CREATE))
            return receipt, late.tries

    receipt, tries = asyncio.run(run())
    assert (receipt.outcomes[0].status, tries) == (201, 2)


def test_a_search_that_fails_under_the_lock_fails_its_own_request_alone(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    met = Elements.met

    def failing(self: Elements, asked: Collection[Search], resource: dict[str, Any]) -> Collection[Search]:
        if any("gender=wrong" in search.query for search in asked):
            raise ZeroDivisionError
        return met(self, asked, resource)

    async def work(records: list[HealthRecord]) -> list[Receipt | BaseException]:
        wishes = [
            create(born(MATCH, gender=f"{n}"), condition_of("Patient", f"gender={n}")) for n in range(5)
        ]
        wishes.append(create(born(MATCH), condition_of("Patient", "gender=wrong")))
        asking = records[0]
        answers = asyncio.gather(*(asking.state(request(one)) for one in wishes), return_exceptions=True)
        return await answers

    monkeypatch.setattr(Elements, "met", failing)
    *others, wrong = on_records(url, work)
    assert all(isinstance(one, Receipt) for one in others)
    assert isinstance(wrong, ZeroDivisionError)


def test_a_delete_of_all_is_one_flush(shown: str) -> None:
    async def work(records: list[HealthRecord]) -> Receipt:
        people = [update(born(MATCH, f"p{n:04}")) for n in range(MOST_DELETED)]
        await records[0].state(request(*people))
        return await records[0].state(request(DELETE_ALL))

    receipt = on_records(shown, work)
    assert matching(shown) == set()
    deleted = "select count(distinct transaction) from record.facts where topic = 'ResourceRetracted'"
    assert value(shown, deleted) == 1
    assert receipt.position == value(shown, "select max(notification_id) from record.facts")


def test_a_delete_of_more_than_are_deleted_at_once_deletes_nothing(shown: str) -> None:
    async def work(records: list[HealthRecord]) -> Receipt:
        people = [update(born(MATCH, f"p{n:04}")) for n in range(MOST_DELETED + 1)]
        await records[0].state(request(*people))
        return await records[0].state(request(DELETE_ALL))

    with pytest.raises(TooMany):
        on_records(shown, work)
    assert len(matching(shown)) == MOST_DELETED + 1


def test_a_condition_that_is_too_costly_is_refused_alone(url: str) -> None:
    """Names cannot be looked for meanwhile, so that it takes longer than any condition may."""
    wishes = [
        create(born(MATCH), condition_of("Patient", search))
        for search in (
            "birthdate=1990-01-01",
            "family:exact=X",
            "family:exact=X",
            "birthdate=1992",
            "gender=other",
        )
    ]

    async def work(records: list[HealthRecord]) -> list[Receipt | BaseException]:
        with connect(url) as connection, connection.transaction():
            connection.execute("lock table fhir_resources.search_string in access exclusive mode")
            asked = (records[0].state(request(wish)) for wish in wishes)
            return await asyncio.gather(*asked, return_exceptions=True)

    found = on_records(url, work, 1, IndexSearcher)
    assert [type(one) for one in found] == [Receipt, TooCostly, TooCostly, Receipt, Receipt]


class Slow(Elements):
    """Takes seconds, as it says; notes what it was asked for, of which something may be too costly."""

    too_costly = ""

    def __init__(self, conninfo: str) -> None:
        super().__init__(conninfo)
        self.asked: list[str] = []

    async def matches(self, search: Search, most: int) -> Shown:
        self.asked.append(search.query)
        if search.query == self.too_costly:
            raise TooCostly
        return (await super().matches(search, most))._replace(seconds=0.9)


class TooSlow(Slow):
    too_costly = "birthdate=1990-01-01"


def births(number: int) -> list[Change]:
    """Wishes for people of as many days, each where nobody was born then."""
    days = (f"1990-01-{day:02}" for day in range(1, number + 1))
    return [create(born(day), condition_of("Patient", f"birthdate={day}")) for day in days]


@pytest.mark.parametrize(("kind", "looks"), [(Slow, {6}), (TooSlow, {5, 6})])
def test_what_is_too_costly_in_all_is_looked_for_no_further(
    url: str, kind: type[Slow], looks: set[int]
) -> None:
    """Each alone takes less than a condition may. In which order they are looked for is not said."""
    made: list[Slow] = []

    def make(conninfo: str) -> Slow:
        made.append(kind(conninfo))
        return made[-1]

    async def work(records: list[HealthRecord]) -> list[Receipt | BaseException]:
        wishes = (request(*births(28)), request(*births(6)[1:]))
        return await asyncio.gather(*map(records[0].state, wishes), return_exceptions=True)

    assert [type(one) for one in on_records(url, work, 1, make)] == [TooCostly, Receipt]
    assert len(made[0].asked) - 5 in looks


class Held(Elements):
    """Finds the last of many not before it may."""

    def __init__(self, conninfo: str) -> None:
        super().__init__(conninfo)
        self.may_find = asyncio.Event()

    async def matches(self, search: Search, most: int) -> Shown:
        if search.query == "birthdate=1990-01-28":
            await self.may_find.wait()
        return await super().matches(search, most)


def test_while_much_is_looked_for_others_go_on(url: str) -> None:
    made: list[Held] = []

    def make(conninfo: str) -> Held:
        made.append(Held(conninfo))
        return made[-1]

    async def work(records: list[HealthRecord]) -> list[Receipt]:
        async with asyncio.timeout(20):
            much = asyncio.create_task(records[0].state(request(*births(28))))
            one = await records[0].state(request(creating(KINDS[0])))
            made[0].may_find.set()
            return [one, await much]

    assert [len(one.outcomes) for one in on_records(url, work, 1, make)] == [1, 28]

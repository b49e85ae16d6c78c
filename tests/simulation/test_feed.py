"""The sender: headers, order for each citizen, trying again, refusals."""

import asyncio
import socket
from collections import defaultdict
from collections.abc import Sequence
from math import ceil

import orjson
import pytest

from simulation.feed import Counts, ServerAway, feed
from simulation.province import Province, Sending
from tests.simulation.stub import Answering, Dropped, Reply, Request, Stub, listening

OUTCOME = {
    "resourceType": "OperationOutcome",
    "issue": [
        {
            "severity": "error",
            "code": "value",
            "expression": ["Bundle.entry[2].resource.status"],
            "diagnostics": "no",
        }
    ],
}


@pytest.fixture(scope="module")
def few() -> Sequence[Sending]:
    return tuple(Province(3, 20, months=6))


def accepting(_: Request) -> Reply:
    return Reply()


def fed(
    sendings: Sequence[Sending], answering: Answering, concurrency: int = 4, patience: float = 10
) -> tuple[Counts, Stub]:
    async def run() -> tuple[Counts, Stub]:
        async with listening(answering) as stub:
            counts = await feed(stub.address, sendings, concurrency=concurrency, patience=patience)
            return counts, stub

    return asyncio.run(run())


def keys(stub: Stub) -> list[str]:
    return [request.headers["idempotency-key"] for request in stub.requests]


def test_every_sending_arrives_once_with_who_sends_it(few: Sequence[Sending]) -> None:
    counts, stub = fed(few, accepting)
    arrived = {request.headers["idempotency-key"]: request for request in stub.requests}
    assert len(stub.requests) == len(few)
    assert (counts.accepted, counts.retries, counts.refused) == (len(few), 0, [])
    assert counts.resources == sum(len(sending.bundle["entry"]) for sending in few)
    for sending in few:
        request = arrived[sending.idempotency_key]
        assert request.line == "POST /fhir HTTP/1.1"
        assert orjson.loads(request.body) == sending.bundle
        named = [request.headers[f"x-ehr-{name}"] for name in ("facility", "device", "user")]
        assert named == [sending.facility, sending.device, sending.user]
        assert request.headers["content-type"] == "application/fhir+json"


def test_connections_are_kept_and_used_beside_each_other(few: Sequence[Sending]) -> None:
    _, stub = fed(few, accepting, concurrency=4)
    assert stub.connections == 4
    assert 1 < stub.busiest <= 4


def test_facilities_go_first_and_each_citizen_in_order(few: Sequence[Sending]) -> None:
    _, stub = fed(few, accepting, concurrency=8)
    by_key = {sending.idempotency_key: sending for sending in few}
    arrived = [by_key[key] for key in keys(stub)]
    about = [bool(sending.citizen) for sending in arrived]
    assert about == sorted(about)
    order: dict[str, list[str]] = defaultdict(list)
    wanted: dict[str, list[str]] = defaultdict(list)
    for there, sent in zip(arrived, few, strict=True):
        order[there.citizen].append(there.idempotency_key)
        wanted[sent.citizen].append(sent.idempotency_key)
    assert {c: o for c, o in order.items() if c} == {c: o for c, o in wanted.items() if c}


class Stumbling:
    """Fails every third new key once, in turn by each of the ways given."""

    def __init__(self, *ways: Reply | None) -> None:
        self._ways, self._seen, self.failed = ways, set[str](), 0

    def __call__(self, request: Request) -> Reply:
        key = request.headers["idempotency-key"]
        if key in self._seen or len(self._seen) % 3:
            self._seen.add(key)
            return Reply()
        self._seen.add(key)
        way = self._ways[self.failed % len(self._ways)]
        self.failed += 1
        if way is None:
            raise Dropped
        return way


def test_busy_and_lost_servers_are_tried_again_with_the_same_key(few: Sequence[Sending]) -> None:
    stumbling = Stumbling(
        Reply(503), Reply(429, {"Retry-After": "0"}), None, Reply(503, {"Connection": "close"})
    )
    counts, stub = fed(few, stumbling)
    assert stumbling.failed == ceil(len(few) / 3)
    assert (counts.accepted, counts.retries, counts.refused) == (len(few), stumbling.failed, [])
    assert sorted(set(keys(stub))) == sorted(sending.idempotency_key for sending in few)
    assert len(stub.requests) == len(few) + stumbling.failed


def test_pauses_grow_and_the_server_may_ask_for_longer_ones(
    few: Sequence[Sending], monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses, sleep = [], asyncio.sleep

    async def noted(seconds: float) -> None:
        pauses.extend([seconds] if seconds else [])
        await sleep(0)

    monkeypatch.setattr(asyncio, "sleep", noted)
    replies = [Reply(503)] * 9 + [Reply(429, {"Retry-After": "7"}), Reply()]
    answers = iter(replies)
    counts, _ = fed(few[:1], lambda _: next(answers), patience=3_600)
    assert counts.accepted == 1
    assert pauses == [0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0, 7.0]


def test_a_garbled_answer_counts_as_a_lost_connection(few: Sequence[Sending]) -> None:
    answers = iter([Reply(200, {"Content-Length": "no number"}), Reply()])
    counts, stub = fed(few[:1], lambda _: next(answers))
    assert (counts.accepted, counts.retries, len(stub.requests)) == (1, 1, 2)


def test_refusals_are_told_with_their_issues_and_the_rest_goes_on(few: Sequence[Sending]) -> None:
    bad = few[5].idempotency_key
    answers = {
        bad: Reply(422, body=orjson.dumps(OUTCOME)),
        few[6].idempotency_key: Reply(500, body=b"<html>"),
    }
    counts, _ = fed(few, lambda request: answers.get(request.headers["idempotency-key"], Reply()))
    told = {refusal.idempotency_key: refusal for refusal in counts.refused}
    assert counts.accepted == len(few) - 2
    assert told.keys() == answers.keys()
    assert (told[bad].status, told[bad].facility) == (422, few[5].facility)
    assert told[bad].issues == ("value Bundle.entry[2].resource.status no",)
    assert told[few[6].idempotency_key].issues == ()


def test_a_server_that_stays_busy_is_given_up(few: Sequence[Sending]) -> None:
    with pytest.raises(ServerAway):
        fed(few, lambda _: Reply(503), patience=0.2)


def test_a_server_that_asks_for_more_time_than_the_patience_is_given_up_at_once(
    few: Sequence[Sending],
) -> None:
    asked = 0

    def busy(_: Request) -> Reply:
        nonlocal asked
        asked += 1
        return Reply(429, {"Retry-After": "3600"})

    with pytest.raises(ServerAway):
        fed(few[:1], busy)
    assert asked == 1


def test_a_server_that_is_not_there_is_given_up(few: Sequence[Sending]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with pytest.raises(ServerAway):
        asyncio.run(feed(f"http://127.0.0.1:{port}/fhir", few[:3], patience=0.1))


def test_progress_is_told_after_each_sending(few: Sequence[Sending]) -> None:
    told = []

    async def run() -> None:
        async with listening(accepting) as stub:
            await feed(stub.address, few, progress=lambda counts: told.append(counts.accepted))

    asyncio.run(run())
    assert told == list(range(1, len(few) + 1))


def test_an_error_while_drawing_reaches_the_caller(few: Sequence[Sending]) -> None:
    def broken() -> object:
        yield few[0]
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fed(broken(), accepting)  # type: ignore[arg-type]

"""Heavy bundles go to worker processes: small requests do not wait, and a killed worker loses nothing.

https://hl7.org/fhir/R4/http.html#transaction, docs/consistency.md
"""

import gzip
import os
import signal
import tarfile
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache, partial
from pathlib import Path

import httpx
import orjson
import pytest

from backbone.serving import begin_worker
from backbone.tether import follow_parent
from ehr.event_store.connections import connect
from fhir_api.heavy import HEAVY, HeavyWorkers
from fhir_api.room import Room
from projections.fhir_resources.conditions import IndexSearcher
from tests.backbone.waiting import is_gone, until
from tests.fhir_api.bundles import (
    batch,
    creating,
    end_of,
    id_of,
    issue_of,
    responses,
    statuses,
    transaction,
)
from tests.fhir_api.running import (
    FHIR_JSON,
    LIMITS,
    Door,
    Json,
    outcome_of,
    prepare,
    projecting,
    services_of,
    serving,
)

SYNTHEA = Path(__file__).parents[1] / "data" / "synthea-small.tar.xz"
SYSTEM = "http://example.org/heavy"


@contextmanager
def heavy(url: str, workers: HeavyWorkers, room: Room) -> Iterator[Door]:
    """A server with workers, and a projector."""
    prepare(url)
    with projecting(url), serving(url, services_of(url, heavy=workers, room=room)) as served:
        yield served


@pytest.fixture(scope="module")
def door(module_database: str) -> Iterator[Door]:
    tie = partial(follow_parent, os.getpid(), signal.SIGKILL)
    pool = HeavyWorkers(module_database, LIMITS, tie, searcher=IndexSearcher)
    with heavy(module_database, pool, Room()) as served:
        until(lambda: len(workers()) == 2, "the workers start")
        yield served


@pytest.fixture(scope="module")
def hand() -> Iterator[ThreadPoolExecutor]:
    """Sends what takes long."""
    with ThreadPoolExecutor(2) as executor:
        yield executor


def workers() -> list[int]:
    """The worker processes of this process's servers."""
    me = str(os.getpid())
    found = []
    for place in Path("/proc").iterdir():
        if place.name.isdecimal() and not is_gone(int(place.name)):
            try:
                parent = (place / "stat").read_text().rpartition(")")[2].split()[1]
                command = (place / "cmdline").read_text()
            except OSError:
                continue
            if parent == me and "spawn_main" in command:
                found.append(int(place.name))
    return found


def tell(name: str) -> None:
    """Sends a signal to every worker."""
    for pid in workers():
        os.kill(pid, signal.Signals[name])


def person(value: str, size: int = 0) -> Json:
    numbers = [{"system": SYSTEM, "value": value}]
    text = {"name": [{"text": "x" * size}]} if size else {}
    return {"resourceType": "Patient", "identifier": numbers, **text}


def large(value: str) -> bytes:
    """A transaction that is heavy."""
    found = orjson.dumps(transaction(creating(person(value, HEAVY))))
    assert len(found) > HEAVY
    return found


def post(door: Door, body: bytes, **headers: str) -> httpx.Response:
    given = FHIR_JSON | {name.replace("_", "-"): value for name, value in headers.items()}
    with httpx.Client(timeout=120) as client:
        return client.post(f"{door.address}/fhir", content=body, headers=given)


def count(door: Door, value: str) -> int:
    return int(door.json(f"Patient?identifier={SYSTEM}|{value}")["total"])


def test_small_requests_do_not_wait_for_heavy_ones(door: Door, hand: ThreadPoolExecutor) -> None:
    tell("SIGSTOP")
    try:
        waiting = hand.submit(post, door, large("slow"))
        for n in range(20):
            assert statuses(responses(door, transaction(creating(person(f"quick-{n}"))))) == [201]
            assert count(door, f"quick-{n}") == 1
        assert not waiting.done()
        assert count(door, "slow") == 0
    finally:
        tell("SIGCONT")
    assert waiting.result().status_code == 200
    assert count(door, "slow") == 1


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        (creating({"resourceType": "Patient", "active": 1}), 422),
        (creating({"resourceType": "Patient"}, ifNoneExist="nickname=x"), 400),
        (
            creating(
                person("absent") | {"managingOrganization": {"reference": "Organization?identifier=a|b"}}
            ),
            412,
        ),
        ({"request": {"method": 5, "url": "x"}}, 400),
        ({"request": {"method": "PATCH", "url": "Patient/1"}}, 400),
    ],
)
@pytest.mark.parametrize("kind", [transaction, batch])
def test_a_refusal_is_the_same_as_of_a_small_one(door: Door, wrong: Json, status: int, kind: object) -> None:
    assert callable(kind)
    bundle = kind(creating({"resourceType": "Patient"}), wrong)
    small = orjson.dumps(bundle)
    answers = [post(door, body, X_Request_Id="one") for body in (small, small + b" " * HEAVY)]
    assert [answer.status_code for answer in answers] == ([status] * 2 if kind is transaction else [200] * 2)
    if kind is transaction:
        assert answers[0].content == answers[1].content
        assert outcome_of(answers[1])["expression"] == outcome_of(answers[0])["expression"]
    else:
        told = [answer.json()["entry"][1]["response"] for answer in answers]
        assert told[0] == told[1]
        assert statuses(told) == [status] * 2
        assert issue_of(told[1])["diagnostics"] == "request one"


def test_a_heavy_one_tells_what_a_small_one_tells(door: Door) -> None:
    """Former versions, reads, position and representation."""
    door.send("POST", "Patient", person("known"))
    known = creating(person("known"), ifNoneExist=f"identifier={SYSTEM}|known")
    read = {"request": {"method": "GET", "url": f"Patient?identifier={SYSTEM}|known"}}
    bundle = orjson.dumps(transaction(known, creating(person("told")), read)) + b" " * HEAVY
    answer = post(door, bundle, Prefer="return=representation", Idempotency_Key="told")
    found, made, searched = answer.json()["entry"]
    assert statuses([one["response"] for one in (found, made, searched)]) == [200, 201, 200]
    assert found["resource"] == searched["resource"]["entry"][0]["resource"]
    assert found["response"]["lastModified"] == found["resource"]["meta"]["lastUpdated"]
    assert made["resource"] == door.json(f"Patient/{id_of(made['response'])}")
    assert answer.headers["x-ehr-position"] == str(end_of(door))
    again = post(door, bundle, Prefer="return=representation", Idempotency_Key="told")
    assert again.json() == answer.json()


def killed_at(door: Door, hand: ThreadPoolExecutor, value: str) -> Future[httpx.Response]:
    return hand.submit(post, door, large(value), Idempotency_Key=value)


def test_a_worker_that_is_killed_before_it_stores_stores_nothing(
    door: Door, hand: ThreadPoolExecutor
) -> None:
    until(lambda: bool(workers()), "a worker starts")
    tell("SIGSTOP")
    answer = killed_at(door, hand, "stopped")
    until(lambda: door.services.room.taken > HEAVY, "it is at a worker")
    assert count(door, "stopped") == 0
    tell("SIGKILL")
    refused = answer.result()
    assert refused.status_code == 503
    assert outcome_of(refused)["code"] == "transient"
    assert refused.headers["retry-after"] == "1"
    assert "retry with the same key is safe" in outcome_of(refused)["details"]["text"]
    assert count(door, "stopped") == 0
    assert post(door, large("stopped"), Idempotency_Key="stopped").status_code == 200
    assert count(door, "stopped") == 1


def test_a_worker_that_is_killed_while_it_stores_stores_once(door: Door, hand: ThreadPoolExecutor) -> None:
    """Its statement goes on without it: whoever tries again is answered for what that stored."""
    until(lambda: bool(workers()), "a worker starts")
    waiting = "select count(*) from pg_locks where locktype = 'advisory' and not granted"
    with connect(door.database) as connection:
        connection.execute("select pg_advisory_lock(hashtext('record.append'))")
        answer = killed_at(door, hand, "storing")
        until(lambda: connection.execute(waiting).fetchone() == (1,), "the worker's statement waits")
        tell("SIGKILL")
        assert answer.result().status_code == 503
        again = killed_at(door, hand, "storing")
        until(lambda: connection.execute(waiting).fetchone() == (2,), "the second one waits behind it")
        connection.execute("select pg_advisory_unlock(hashtext('record.append'))")
    stored = again.result()
    assert stored.status_code == 200
    assert count(door, "storing") == 1
    third = post(door, large("storing"), Idempotency_Key="storing")
    assert third.content == stored.content


@contextmanager
def alone(
    url: str, begin: Callable[[], None] | None = None, most_waiting: int = 1, room: Room | None = None
) -> Iterator[Door]:
    """A server with one worker, for one test."""
    begin = begin or partial(follow_parent, os.getpid(), signal.SIGKILL)
    others = set(workers())
    with heavy(url, HeavyWorkers(url, LIMITS, begin, 1, most_waiting), room or Room()) as served:
        until(lambda: bool(set(workers()) - others), "its worker starts")
        yield served


@contextmanager
def stopped() -> Iterator[None]:
    """Workers do nothing meanwhile."""
    tell("SIGSTOP")
    try:
        yield
    finally:
        tell("SIGCONT")


def heavies(door: Door) -> HeavyWorkers:
    found = door.services.heavy
    assert found
    return found


def test_who_waits_behind_a_worker_that_is_killed_is_not_lost(
    database: str, hand: ThreadPoolExecutor
) -> None:
    with alone(database) as door, stopped():
        first = killed_at(door, hand, "first")
        until(lambda: door.services.room.taken > HEAVY, "the first one is at the worker")
        second = killed_at(door, hand, "second")
        until(lambda: heavies(door).waiting == 1, "the second one waits")
        tell("SIGKILL")
        assert first.result().status_code == 503
        assert second.result().status_code == 200
        assert (count(door, "first"), count(door, "second")) == (0, 1)
        tell("SIGKILL")
        until(lambda: not workers(), "the idle worker is dead")
        until(
            lambda: post(door, large("third"), Idempotency_Key="third").status_code == 200, "there is another"
        )
        assert count(door, "third") == 1


def test_so_many_wait_and_no_more(database: str, hand: ThreadPoolExecutor) -> None:
    with alone(database) as door:
        with stopped():
            taken = [killed_at(door, hand, "one"), killed_at(door, hand, "two")]
            until(lambda: heavies(door).waiting == 1, "one is carried out, and one waits")
            refused = post(door, large("three"))
            assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
            assert outcome_of(refused)["code"] == "throttled"
            assert statuses(responses(door, transaction(creating(person("small"))))) == [201]
        assert [answer.result().status_code for answer in taken] == [200, 200]
        assert post(door, large("three")).status_code == 200
        assert door.services.room.taken == 0


def test_bodies_that_are_held_have_so_much_room_together(database: str, hand: ThreadPoolExecutor) -> None:
    with alone(database, most_waiting=9, room=Room(3 * HEAVY)) as door:
        with stopped():
            taken = [killed_at(door, hand, "one"), killed_at(door, hand, "two")]
            until(lambda: door.services.room.taken > 2 * HEAVY, "two are held")
            refused = post(door, large("three"))
            assert (refused.status_code, outcome_of(refused)["code"]) == (503, "throttled")
            packed = post(door, gzip.compress(large("three")), Content_Encoding="gzip")
            assert (packed.status_code, outcome_of(packed)["code"]) == (503, "throttled")
            assert statuses(responses(door, transaction(creating(person("small"))))) == [201]
        assert [answer.result().status_code for answer in taken] == [200, 200]
        assert post(door, large("three")).status_code == 200
        assert door.services.room.taken == 0


def test_a_worker_logs_as_the_server_does_and_tells_of_no_one(
    database: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with alone(database, partial(begin_worker, os.getpid(), "debug", "Asia/Ho_Chi_Minh")) as door:
        assert post(door, large("0123456789"), X_Request_Id="taken").status_code == 200
        with connect(database) as connection:
            connection.execute("alter table record.claims rename column value to gone")
        assert post(door, large("0123456789"), X_Request_Id="failed").status_code == 500
    written = capfd.readouterr().err
    lines = [orjson.loads(line) for line in written.splitlines() if line.startswith("{")]
    told = {(line["event"], line["level"], line.get("request")) for line in lines}
    assert told >= {
        ("worker ready", "info", None),
        ("heavy request", "debug", "taken"),
        ("unforeseen error", "error", "failed"),
    }
    assert "0123456789" not in written


@cache
def synthea() -> dict[str, bytes]:
    """The files of synthea-small, those first to which others refer."""
    with tarfile.open(SYNTHEA) as archive:
        files = [
            (member.name, archive.extractfile(member)) for member in archive if member.name.endswith(".json")
        ]
        texts = {name: file.read() for name, file in files if file}
    return {name: texts[name] for name in sorted(texts, key=lambda name: ("Information" not in name, name))}


def test_syntheas_people_are_taken_wholly(door: Door) -> None:
    for name, text in synthea().items():
        sent = orjson.loads(text)
        answer = post(door, text)
        assert answer.status_code == 200, (name, answer.text[:500])
        told = answer.json()
        assert told["type"] == f"{sent['type']}-response"
        assert len(told["entry"]) == len(sent["entry"])
        for one, response in zip(sent["entry"], told["entry"], strict=True):
            assert response["response"]["status"] in ("201 Created", "200 OK")
            assert response["response"]["location"].startswith(one["resource"]["resourceType"] + "/")
            assert response["response"]["location"].endswith(response["response"]["etag"][2:].strip('"'))
    sent, stored = orjson.loads(text)["entry"], told["entry"]
    for one, response in list(zip(sent, stored, strict=True))[::7]:
        assert _without_links(door.json(response["response"]["location"])) == _without_links(one["resource"])


def _without_links(node: object) -> object:
    if isinstance(node, dict):
        left_out = ("id", "reference", "versionId", "lastUpdated", "url", "div")
        return {
            name: _without_links(value)
            for name, value in node.items()
            if name not in left_out and name != "meta"
        }
    return [_without_links(value) for value in node] if isinstance(node, list) else node


def ten_thousand_entries() -> bytes:
    """A transaction of 10,432 entries and more than 28 MB, of Synthea's resources under new fullUrls."""
    people = [text for name, text in synthea().items() if "Information" not in name]
    entries: list[bytes] = []
    copies = 0
    while len(entries) < 10_432:
        text = people[copies % len(people)].replace(b"urn:uuid:", b"urn:uuid:%02d-" % copies)
        entries += [orjson.dumps(one, option=orjson.OPT_INDENT_2) for one in orjson.loads(text)["entry"]]
        copies += 1
    joined = b",\n".join(entries[:10_432])
    return b'{"resourceType":"Bundle","type":"transaction","entry":[%b]}' % joined


def test_reads_go_on_beside_ten_thousand_entries(door: Door, hand: ThreadPoolExecutor) -> None:
    for name, text in synthea().items():
        if "Information" in name:
            post(door, text)
    bundle = ten_thousand_entries()
    assert len(bundle) > 28_000_000
    door.put({"resourceType": "Patient", "id": "read"})
    before = end_of(door)
    answer = hand.submit(post, door, bundle)
    reads = 0
    while not answer.done():
        assert door.get("Patient/read").json()["id"] == "read"
        reads += 1
    taken = answer.result()
    assert taken.status_code == 200, taken.text[:1000]
    assert len(taken.json()["entry"]) == 10_432
    assert {one["response"]["status"] for one in taken.json()["entry"]} == {"201 Created"}
    assert reads > 50
    assert end_of(door) > before
    last = taken.json()["entry"][-1]["response"]["location"]
    until(lambda: door.client.get(last).status_code == 200, "the views show the last one")

"""Hostile writes: none is answered with an error of the server's own, or with anything it held.

``python -m tests.fhir_api.hostile N [SEED]`` sends N random requests to a real record and prints
``n trials, f failures``.
"""

import asyncio
import gzip
import resource as rusage
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import orjson
from starlette.types import Message

from backbone.embedded_postgres import EmbeddedPostgres
from backbone.wiring import VIEWS
from ehr.event_store.connections import connect
from ehr.event_store.migrations import migrate
from fhir_api.app import App
from projections.generations import ensure_generation
from projections.parking import parked
from projections.projector import Projector
from streams.notification_log import NotificationLog
from tests.conftest import fresh_database
from tests.fhir_api import hostile_bodies
from tests.fhir_api.hostile_bodies import CANARY, CONDITIONS, URLS
from tests.fhir_api.running import SITE, opened, projecting, services_of

AT_ONCE = 16
TYPES = ["Patient", "Observation", "Basic", "Bundle", "Nothing", "Binary", "Encounter"]
HEADERS: dict[str, list[str]] = {
    "if-match": CONDITIONS,
    "if-none-exist": CONDITIONS,
    "prefer": ["return=minimal", "return=representation", "return=OperationOutcome", ";;=", CANARY],
    "idempotency-key": ["a", "b", "", "x" * 300, CANARY],
    "content-type": ["application/json", "application/fhir+json", "application/fhir+xml", CANARY, ""],
    "content-encoding": ["gzip", "identity", "br", CANARY],
    "accept": ["*/*", "application/fhir+xml", CANARY],
    "host": ["localhost", "[::1]:80", "a b", CANARY, ""],
    "x-ehr-facility": ["45901", CANARY, "\xff"],
    "x-ehr-client": ["one", "two", CANARY * 9],
    "x-request-id": ["abc", CANARY, "a" * 99],
}


class Request(NamedTuple):
    """What is sent."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes


class Reply(NamedTuple):
    """What is answered."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass
class Report:
    """failures: seed and reason. statuses: how often each was answered. grown: MiB, in the second half."""

    trials: int = 0
    failures: list[tuple[int, str]] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    grown: int = 0

    def __str__(self) -> str:
        return f"{self.trials} trials, {len(self.failures)} failures"


def request(random: Random) -> Request:
    """A random request that may change something."""
    sent = hostile_bodies.body(random)
    method, path, query = _place(random, sent)
    headers = {name: random.choice(values) for name, values in HEADERS.items() if random.random() < 0.03}
    if headers.get("content-encoding") == "gzip" and random.random() < 0.7:
        sent = gzip.compress(sent, 1)
    return Request(method, path, query, headers, sent)


def _place(random: Random, sent: bytes) -> tuple[str, str, str]:
    if b'"Bundle"' in sent and random.random() < 0.9:
        return "POST", random.choice(["", "/"]), ""
    if random.random() < 0.2:
        path, _, query = random.choice(URLS).partition("?")
        return random.choice(["POST", "PUT", "DELETE", "PATCH"]), f"/{path}", query
    try:
        found = orjson.loads(sent)
        type_, id_ = str(found["resourceType"]), str(found.get("id", "1"))
    except (ValueError, TypeError, LookupError, AttributeError):
        type_, id_ = random.choice(TYPES), "1"
    return ("POST", f"/{type_}", "") if random.random() < 0.5 else ("PUT", f"/{type_}/{id_}", "")


async def send(app: App, asked: Request) -> Reply:
    """Calls the application as a server would."""
    headers = {"host": "localhost", "content-type": "application/json", **asked.headers}
    scope = {
        "type": "http",
        "method": asked.method,
        "scheme": "http",
        "path": f"/fhir{asked.path}",
        "root_path": "",
        "query_string": asked.query.encode(),
        "headers": [(name.encode(), value.encode("latin-1", "replace")) for name, value in headers.items()],
    }
    told: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": asked.body, "more_body": False}

    async def tell(message: Message) -> None:
        told.append(message)

    await app(scope, receive, tell)
    answered = {name.decode(): value.decode("latin-1") for name, value in told[0]["headers"]}
    return Reply(told[0]["status"], answered, b"".join(message.get("body", b"") for message in told[1:]))


def complaint(asked: Request, reply: Reply) -> str | None:
    """What is wrong with an answer, if anything is."""
    if reply.status >= 500:
        return f"answered {reply.status}: {reply.body.decode()}"
    if "x-request-id" not in reply.headers:
        return "no request id"
    if not reply.body:
        return "no outcome" if reply.status >= 400 else None
    value = orjson.loads(reply.body)
    if reply.status >= 400 and value.get("resourceType") != "OperationOutcome":
        return "no outcome"
    for outcome in _outcomes(value) if reply.status >= 400 or asked.path in ("", "/") else ():
        text = orjson.dumps(outcome).decode()
        if any(word in text for word in (CANARY, "Traceback", 'File "', ".py")):
            return f"tells too much: {text}"
        if any(issue["code"] == "exception" for issue in outcome["issue"]):
            return f"an entry met an error: {text}"
    return None


def _outcomes(node: Any) -> Iterator[Any]:
    """The outcomes that the server has made."""
    if isinstance(node, dict) and node.get("resourceType") == "OperationOutcome":
        yield node
    elif isinstance(node, dict) and node.get("resourceType") == "Bundle":
        for entry in node.get("entry", ()):
            yield from _outcomes(entry.get("response", {}).get("outcome"))


async def trial(app: App, seed: int, report: Report) -> None:
    """One request, made of the seed."""
    asked = request(Random(seed))
    try:
        reply = await send(app, asked)
        wrong = complaint(asked, reply)
        report.statuses[reply.status] += 1
    except Exception as error:  # noqa: BLE001 - whatever escapes is a failure
        wrong = f"escaped: {error!r}"
    report.trials += 1
    if wrong:
        report.failures.append((seed, wrong))


async def trials(url: str, seeds: range, **changes: Any) -> Report:
    """All of them, some at once, on a prepared database with a projector. changes: of the services."""
    services = services_of(url, **changes)
    app, report = App(services, SITE), Report()
    waiting = iter(seeds)
    middle = seeds[len(seeds) // 2] if seeds else 0
    resident = 0

    async def work() -> None:
        nonlocal resident
        for seed in waiting:
            resident = resident or (_resident() if seed >= middle else 0)
            await trial(app, seed, report)

    async with opened(services):
        await asyncio.gather(*(work() for _ in range(AT_ONCE)))
    report.grown = _resident() - resident
    return report


def projected(url: str) -> list[str]:
    """Carries every view to the end; what could not be projected."""
    log = NotificationLog(url)
    for make_view in VIEWS.values():
        projector = Projector(make_view(), log, url)
        while projector.position < log.end():
            projector.step()
        projector.close()
    log.close()
    with connect(url) as connection:
        return [f"{one.view}: {one.reason} at {one.since_position}" for one in parked(connection)]


def run(url: str, seeds: range) -> Report:
    """The trials on an empty database; what is accepted must be projected by every view."""
    with connect(url) as connection:
        migrate(connection, "record")
        for make_view in VIEWS.values():
            ensure_generation(connection, make_view())
    with projecting(url):
        report = asyncio.run(trials(url, seeds))
    report.failures += [(-1, f"not projected: {one}") for one in projected(url)]
    return report


def _resident() -> int:
    return int(rusage.getrusage(rusage.RUSAGE_SELF).ru_maxrss // 1024)


@contextmanager
def database() -> Iterator[str]:
    """An empty one in a PostgreSQL of its own."""
    with tempfile.TemporaryDirectory(prefix="ehr-hostile-") as place:
        Path(place).chmod(0o711)
        with EmbeddedPostgres(Path(place) / "postgres") as server, fresh_database(server) as url:
            yield url


def main(number: int, seed: int = 0) -> int:
    """Prints what was found; 1 when anything failed."""
    with database() as url:
        report = run(url, range(seed, seed + number))
    for failed, reason in report.failures[:20]:
        print(f"seed {failed}: {reason[:300]}")  # noqa: T201
    print(f"answers: {dict(sorted(report.statuses.items()))}; memory grew by {report.grown} MiB")  # noqa: T201
    print(report)  # noqa: T201
    return 1 if report.failures else 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))

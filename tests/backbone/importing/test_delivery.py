"""Delivery: how often a request is sent, with what in between."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest

from backbone.importing.delivery import CannotImport, Courier, Patience, Stopped
from backbone.importing.progress import NoProgress
from backbone.importing.submissions import Submission

BASE = "http://server/fhir"
PATIENT = Submission("p.json", "resource", "PUT", "Patient/1", b'{"resourceType":"Patient"}', 26, 1)
BATCH = Submission("b.json", "batch", "POST", "", b"{}", 2, 1)
AT_ONCE = Patience(first_pause=0.0, longest_pause=0.0, in_all=60.0, tries=3)
BUSY_ENTRY = b'{"type":"batch-response","entry":[{"response":{"status":"503 Unavailable"}}]}'
Answer = httpx.Response | Exception


class Notes(NoProgress):
    """Remembers the notes."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def note(self, text: str) -> None:
        self.texts.append(text)


class Server:
    """Gives the answers in turn, the last one for ever."""

    def __init__(self, *answers: Answer) -> None:
        self.requests: list[httpx.Request] = []
        self._answers = list(answers)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.requests.append(request)
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(answer.status_code, content=answer.content, headers=answer.headers)


def courier(server: Server, patience: Patience = AT_ONCE, notes: Notes | None = None) -> Courier:
    client = httpx.Client(transport=httpx.MockTransport(server))
    return Courier(client, BASE, notes or Notes(), patience)


@pytest.mark.parametrize(
    "trouble",
    [
        httpx.ConnectError("connection refused"),
        httpx.ReadError("connection reset"),
        httpx.RemoteProtocolError("server disconnected"),
        httpx.ReadTimeout("timed out"),
        *(httpx.Response(status) for status in (429, 502, 503, 504)),
    ],
    ids=str,
)
def test_the_same_request_is_sent_until_the_server_is_back(trouble: Answer) -> None:
    server = Server(*[trouble] * 10, httpx.Response(201))
    notes = Notes()
    delivery = courier(server, notes=notes).deliver(PATIENT)
    assert (delivery.created, delivery.refusals) == (1, [])
    assert len(server.requests) == 11
    assert {(one.method, str(one.url), one.content) for one in server.requests} == {
        ("PUT", f"{BASE}/Patient/1", PATIENT.body)
    }
    assert {one.headers["Idempotency-Key"] for one in server.requests} == {PATIENT.key}
    assert len(notes.texts) == 10


def test_a_bundle_goes_to_the_base_itself() -> None:
    server = Server(httpx.Response(400))
    courier(server).deliver(BATCH)
    assert [str(one.url) for one in server.requests] == [BASE]


@pytest.mark.parametrize("status", [400, 404, 410, 412, 413, 415, 422])
def test_a_refusal_that_stands_is_not_asked_for_twice(status: int) -> None:
    server = Server(httpx.Response(status))
    assert courier(server).deliver(PATIENT).refused == 1
    assert len(server.requests) == 1


@pytest.mark.parametrize("status", [408, 409, 500, 501])
def test_a_refusal_that_may_pass_is_believed_after_some_tries(status: int) -> None:
    server = Server(httpx.Response(status))
    assert courier(server).deliver(PATIENT).refused == 1
    assert len(server.requests) == AT_ONCE.tries


def test_a_batch_with_an_entry_that_was_busy_is_sent_again() -> None:
    stored = b'{"type":"batch-response","entry":[{"response":{"status":"201 Created"}}]}'
    server = Server(httpx.Response(200, content=BUSY_ENTRY), httpx.Response(200, content=stored))
    assert courier(server).deliver(BATCH).created == 1
    assert len(server.requests) == 2


@pytest.mark.parametrize("status", [401, 403])
def test_who_is_not_let_in_ends_the_import(status: int) -> None:
    with pytest.raises(CannotImport, match="does not let this client in"):
        courier(Server(httpx.Response(status))).deliver(PATIENT)


def test_without_any_answer_the_import_ends_when_patience_does() -> None:
    server = Server(httpx.ConnectError("connection refused"))
    with pytest.raises(CannotImport, match=r"p\.json: gave up after 0 s: connection refused"):
        courier(server, Patience(0.0, 0.0, in_all=0.0)).deliver(PATIENT)


def pauses_of(server: Server, patience: Patience, monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long a courier waits between its tries, without waiting."""
    waited: list[float] = []
    one = courier(server, patience)
    monkeypatch.setattr(one._stopped, "wait", lambda seconds: waited.append(seconds))
    one.deliver(PATIENT)
    return waited


def test_pauses_grow_up_to_the_longest(monkeypatch: pytest.MonkeyPatch) -> None:
    server = Server(*[httpx.Response(503)] * 6, httpx.Response(201))
    assert pauses_of(server, Patience(0.5, 4.0), monkeypatch) == [0.5, 1.0, 2.0, 4.0, 4.0, 4.0]


def in_a_minute() -> str:
    return format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)


@pytest.mark.parametrize(
    ("said", "least", "most"),
    [
        (lambda: "7", 7, 7),
        (lambda: "86400", 120, 120),
        (in_a_minute, 1, 60),
        (lambda: "Wed, 21 Oct 2015 07:28:00 GMT", 0.5, 0.5),
        (lambda: "soon", 0.5, 0.5),
    ],
)
def test_the_server_may_say_how_long(
    said: Callable[[], str], least: float, most: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = Server(httpx.Response(503, headers={"Retry-After": said()}), httpx.Response(201))
    (pause,) = pauses_of(server, Patience(0.5), monkeypatch)
    assert least <= pause <= most


def test_nobody_waits_once_it_is_stopped() -> None:
    server = Server(httpx.Response(503))
    one = courier(server, Patience(first_pause=3600.0, longest_pause=3600.0))

    def stop(request: httpx.Request) -> httpx.Response:
        one.stop()
        return server(request)

    one._client = httpx.Client(transport=httpx.MockTransport(stop))
    with pytest.raises(Stopped):
        one.deliver(PATIENT)
    with pytest.raises(Stopped):
        one.deliver(PATIENT)
    assert len(server.requests) == 1


def test_a_server_that_answers_is_looked_for_first() -> None:
    server = Server(httpx.Response(200, json={"resourceType": "CapabilityStatement"}))
    courier(server).check()
    assert [str(one.url) for one in server.requests] == [f"{BASE}/metadata"]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (httpx.ConnectError("connection refused"), "nobody answers at http://server/fhir"),
        (httpx.Response(200, content=b"<html>"), "is not the address of a FHIR server"),
        (httpx.Response(404), "is not the address of a FHIR server"),
        (httpx.Response(401), "does not let this client in"),
    ],
)
def test_without_one_nothing_begins(answer: Answer, reason: str) -> None:
    with pytest.raises(CannotImport, match=reason):
        courier(Server(answer)).check()


def test_a_server_that_is_only_busy_is_there() -> None:
    server = Server(httpx.Response(503))
    courier(server).check()
    assert len(server.requests) == 1

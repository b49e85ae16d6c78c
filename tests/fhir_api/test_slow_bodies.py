"""Bodies that come slowly or not at all: they may not keep their room for ever.

https://www.rfc-editor.org/rfc/rfc9110#section-15.5.9, docs/reference/writing.md
"""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPResponse
from urllib.parse import urlsplit

import orjson
import pytest

from fhir_api import call
from fhir_api.room import SMALL
from tests.fhir_api.bundles import end_of
from tests.fhir_api.running import Door, Json


@contextmanager
def begun(door: Door, path: str, size: int, kind: str = "application/fhir+json") -> Iterator[socket.socket]:
    """A connection with a POST of which so many bytes are sent, and more are announced."""
    host, _, port = urlsplit(door.address).netloc.partition(":")
    lines = [f"POST {path} HTTP/1.1", "Host: localhost", f"Content-Type: {kind}"]
    lines += [f"Content-Length: {2 * size}", "", ""]
    with socket.create_connection((host, int(port)), timeout=60) as connection:
        connection.sendall("\r\n".join(lines).encode() + b" " * size)
        yield connection


def refused(connection: socket.socket) -> Json:
    """The issue that comes while nothing more is sent, with which the connection ends."""
    with HTTPResponse(connection) as answer:
        answer.begin()
        body = answer.read()
        assert (answer.status, answer.headers["connection"]) == (408, "close")
    assert connection.recv(1) == b""
    issue: Json = orjson.loads(body)["issue"][0]
    return issue


@pytest.mark.parametrize("limit", ["SILENT_SECONDS", "BODY_SECONDS"])
def test_a_stalled_body_gives_its_room_back(door: Door, limit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(call, limit, 0.1)
    before = end_of(door)
    with begun(door, "/fhir", SMALL) as connection:
        assert refused(connection)["code"] == "timeout"
    assert door.services.room.taken == 0
    assert end_of(door) == before


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/fhir/Patient", "application/fhir+json"),
        ("/fhir/Patient/_search", "application/x-www-form-urlencoded"),
    ],
)
def test_other_bodies_are_not_waited_for_either(
    door: Door, path: str, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(call, "SILENT_SECONDS", 0.1)
    with begun(door, path, 10, kind) as connection:
        assert refused(connection)["code"] == "timeout"

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
from tests.fhir_api.running import Door


@contextmanager
def begun(door: Door, path: str, size: int, kind: str = "application/fhir+json") -> Iterator[socket.socket]:
    """A connection with a POST of which so many bytes are sent, and more are announced."""
    host, _, port = urlsplit(door.address).netloc.partition(":")
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: {kind}\r\nContent-Length: {2 * size}\r\n\r\n"
    with socket.create_connection((host, int(port)), timeout=60) as connection:
        connection.sendall(head.encode() + b" " * size)
        yield connection


def answer(connection: socket.socket) -> HTTPResponse:
    """What comes while nothing more is sent."""
    found = HTTPResponse(connection)
    found.begin()
    return found


@pytest.mark.parametrize("limit", ["SILENT_SECONDS", "BODY_SECONDS"])
def test_a_stalled_body_gives_its_room_back(door: Door, limit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(call, limit, 0.1)
    before = end_of(door)
    with begun(door, "/fhir", SMALL) as connection:
        refused = answer(connection)
        assert (refused.status, refused.headers["connection"]) == (408, "close")
        assert orjson.loads(refused.read())["issue"][0]["code"] == "timeout"
        assert connection.recv(1) == b""
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
        assert answer(connection).status == 408

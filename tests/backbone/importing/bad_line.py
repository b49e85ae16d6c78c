"""A line to the server that can be made bad: answers get lost, requests wait, nobody is there for a while."""

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal
from urllib.parse import urlsplit

from tests.backbone.waiting import GIVE_UP_SECONDS

Trouble = Literal["busy", "lost", "held", "error"]
"""busy: 503, not passed on. error: 500, not passed on. lost: passed on, but the answer does not come back.
held: waits, then is not passed on."""


class BadLine:
    """Passes requests on to `target`, but for the next writes, which meet the troubles in turn."""

    def __init__(self, target: str) -> None:
        self.troubles: deque[Trouble | None] = deque()
        self.writes = 0
        self.holding = threading.Event()
        self.let_go = threading.Event()
        self.url = ""
        self._target = urlsplit(target).netloc
        self._port = 0
        self._server: ThreadingHTTPServer | None = None
        self._lock = threading.Lock()

    def up(self) -> None:
        """Listens, from the second time on at the same address; does nothing while it does."""
        with self._lock:
            if self._server is None:
                self._start()

    def _start(self) -> None:
        line = self

        class Handler(_Handler):
            bad_line = line

        self._server = ThreadingHTTPServer(("127.0.0.1", self._port), Handler)
        self._port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self._port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def down(self) -> None:
        """Nobody listens any more, once requests under way are through."""
        with self._lock:
            if self._server is not None:
                self.let_go.set()
                self._server.shutdown()
                self._thread.join()
                self._server.server_close()
                self._server = None

    def pass_on(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        connection = HTTPConnection(self._target, timeout=GIVE_UP_SECONDS)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()


class _Handler(BaseHTTPRequestHandler):
    bad_line: BadLine

    def _handle(self) -> None:
        line = self.bad_line
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        trouble = None
        if self.command != "GET":
            line.writes += 1
            trouble = line.troubles.popleft() if line.troubles else None
        if trouble == "held":
            line.holding.set()
            line.let_go.wait(GIVE_UP_SECONDS)
        elif trouble in ("busy", "error"):
            self._answer(503 if trouble == "busy" else 500, b"", {"Retry-After": "0"})
        else:
            status, answer = line.pass_on(self.command, self.path, body, dict(self.headers))
            if trouble != "lost":
                self._answer(status, answer, {})

    do_GET = do_POST = do_PUT = _handle

    def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the standard library's name
        """Nothing."""


@contextmanager
def bad_line(target: str) -> Iterator[BadLine]:
    """A line to `target` that is up."""
    line = BadLine(target)
    line.up()
    try:
        yield line
    finally:
        line.down()

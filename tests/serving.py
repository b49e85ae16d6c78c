"""Applications as they are served, in a thread beside the test."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

from backbone.serving import Server


def _nothing_is_endless() -> None:
    """For applications whose every request comes to its end."""


@contextmanager
def served(app: ASGIApp, end: Callable[[], None] = _nothing_is_endless, port: int = 0) -> Iterator[str]:
    """The address of an application's root while the block runs. end: ends its endless requests."""
    with socket.create_server(("127.0.0.1", port)) as listening:
        config = uvicorn.Config(app, ws="none", lifespan="on", log_config=None, log_level="critical")
        server = Server(config, end)
        thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
        thread.start()
        while not server.started:
            assert thread.is_alive(), "it does not start"
            time.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(60)
            assert not thread.is_alive(), "it waits for requests that never end"

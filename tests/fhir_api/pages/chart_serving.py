"""The pages of charts over a real view, called directly or served to a browser."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from starlette.applications import Starlette
from starlette.types import ASGIApp

from fhir_api.access.entrance import Entrance
from fhir_api.access.hosts import Hosts
from fhir_api.pages.routes import pages
from projections.database import ViewDatabase
from projections.health_record.view import HealthRecord
from projections.links.view import Links
from projections.view import View
from tests.fhir_api.pages.chart_citizens import Json
from tests.projections.citizens.stating import Record, follow, put


def load(url: str, transactions: Sequence[Sequence[Json]], view: View | None = None) -> None:
    """States the transactions and projects them."""

    async def state() -> None:
        async with Record(url) as record:
            for resources in transactions:
                await record.state(*(put(resource, index) for index, resource in enumerate(resources)))

    # In a thread of its own: a browser driven by this thread already has its event loop here.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, state()).result()
    follow(url, view or HealthRecord(), Links())


def chart_app(url: str) -> Entrance:
    """The pages over the views of a database."""
    views = ViewDatabase(url, size=2)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        await views.open()
        yield
        await views.close()

    app = Starlette(routes=[pages()], lifespan=lifespan)
    app.state.views = views
    return Entrance(app, Hosts())


@contextmanager
def served(app: ASGIApp) -> Iterator[str]:
    """The address under which the app is served while the block runs."""
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="critical"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 30
    while not server.started:
        assert time.monotonic() < deadline
        assert thread.is_alive()
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(30)

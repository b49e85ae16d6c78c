"""The pages of charts over a real view, called directly or served to a browser."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

from starlette.applications import Starlette

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
    views = ViewDatabase(url, size=2, planned_once=True)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        await views.open()
        yield
        await views.close()

    app = Starlette(routes=[pages()], lifespan=lifespan)
    app.state.views = views
    return Entrance(app, Hosts())

"""What pages leave behind is collected once they are sent, not while somebody else waits."""

import asyncio
import gc
import weakref
from collections.abc import Iterator

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from fhir_api.app import App
from tests.fhir_api.running import IN_PROCESS, services_of


class Shown:
    """What a page has shown, in a cycle as templates make them."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture
def by_hand() -> Iterator[None]:
    """Nothing is collected by itself."""
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("by_hand")
def test_what_a_page_leaves_behind_is_collected_after_it(database: str) -> None:
    left: list[weakref.ref[Shown]] = []

    async def page(_: Request) -> Response:
        left.append(weakref.ref(Shown()))
        assert left[-1]() is not None
        return PlainTextResponse("")

    async def ask() -> int:
        transport = httpx.ASGITransport(App(services_of(database), [Route("/page", page)]))
        async with httpx.AsyncClient(transport=transport, base_url=IN_PROCESS) as client:
            return (await client.get("http://localhost/page")).status_code

    assert asyncio.run(ask()) == 200
    assert [one() for one in left] == [None]

"""A person's chart over a real record with its views: where notes are written and news is told."""

import re
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from html import unescape
from typing import Any

import httpx
import uvicorn
from starlette.applications import Starlette

from backbone.serving import Server
from fhir_api.app import App
from fhir_api.pages.routes import pages
from streams.recorded_fact import RecordedFact
from tests.fhir_api.pages.chart_citizens import LOINC, UCUM, glucose, of, patient
from tests.fhir_api.pages.review_serving import PLACES, Site, projecting_all, state, views
from tests.fhir_api.running import opened, prepare, services_of
from tests.projections.citizens.stating import facts_of, follow, run

Json = dict[str, Any]


def person(id_: str) -> list[Json]:
    """A Patient with a visit and a result."""
    period = {"start": "2026-10-01T08:00:00+07:00", "end": "2026-10-01T08:20:00+07:00"}
    return [
        patient(id_, name=[{"text": "Hồ Văn Thử"}], birthDate="1952", gender="male"),
        of("Encounter", f"{id_}-e", id_, status="finished", class_={"code": "AMB"}, period=period),
        glucose(f"{id_}-g", id_, f"{id_}-e", "2026-10-01T08:00:00+07:00", 7.1),
    ]


def result(id_: str, citizen: str, **elements: Any) -> Json:
    """A result that belongs to no visit."""
    stated: Json = {
        "status": "final",
        "code": {"coding": [{"system": LOINC, "code": "4548-4"}], "text": "HbA1c"},
        "effectiveDateTime": "2026-10-02",
        "valueQuantity": {"value": 8.1, "unit": "%", "system": UCUM, "code": "%"},
    }
    return of("Observation", id_, citizen, **stated | elements)


@contextmanager
def prepared(url: str) -> Iterator[None]:
    """A record with facilities, and projectors of all views."""
    prepare(url)
    state(url, *PLACES)
    follow(url, *views())
    with projecting_all(url):
        yield


@contextmanager
def open_ward(url: str, port: int = 0, **changes: Any) -> Iterator[Site]:
    """The pages of a prepared record. It ends by itself, whoever is told news at that time."""
    services = services_of(url, **changes)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with opened(services):
            yield

    app = App(services, [pages()], lifespan)
    config = uvicorn.Config(app, host="127.0.0.1", port=port, log_level="critical")
    with running(Server(config, services.news.end)) as address:
        yield Site(address, url, services)


@contextmanager
def running(server: Server) -> Iterator[str]:
    """The address of a server while the block runs."""
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(60)
    assert not thread.is_alive(), "it waits for streams that never end"


def facts(site: Site) -> list[RecordedFact]:
    """All that is recorded."""

    async def read() -> list[RecordedFact]:
        return facts_of(site.url)

    return run(read())


def fields(answer: httpx.Response, action: str) -> dict[str, str]:
    """What a form of the page sends as it is."""
    form = re.search(rf'<form[^>]* action="{re.escape(action)}".*?</form>', answer.text, re.DOTALL)
    assert form, answer.text
    named = re.findall(r'<input type="(?:hidden|text)"[^>]* name="([^"]+)" value="([^"]*)"', form[0])
    named += re.findall(r'<textarea[^>]* name="([^"]+)"[^>]*>\n(.*?)</textarea>', form[0], re.DOTALL)
    return {name: unescape(value) for name, value in named}

"""The API as it runs, for tests: a real record, a real projector, a real server.

``serving`` listens on a socket, in a thread; ``in_process`` answers in the test's own event loop.
"""

import threading
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import orjson
from starlette.applications import Starlette
from starlette.routing import BaseRoute

from ehr.event_store.connections import connect
from ehr.event_store.migrations import migrate
from ehr.event_store.store import PostgresRecorder
from ehr.health_record import HealthRecord
from fhir_api.app import App
from fhir_api.bundles import BundleLimits
from fhir_api.monitoring import routes
from fhir_api.open_charts import OpenCharts
from fhir_api.services import Services
from projections.carrying import run_projectors
from projections.database import ViewDatabase
from projections.fhir_resources.conditions import IndexSearcher
from projections.fhir_resources.queries import ResourceReader
from projections.fhir_resources.snapshots import Snapshots
from projections.fhir_resources.view import FhirResources
from projections.generations import ensure_generation
from projections.health_record.view import HealthRecord as HealthRecords
from projections.links.view import Links
from projections.matching.view import Matching
from projections.projector import Projector
from projections.view import View
from projections.visibility import Visibility
from streams.notification_log import NotificationLog
from tests.serving import served

Json = dict[str, Any]
LIMITS = BundleLimits(bytes=64 << 20, entries=25_000, resource=8 << 20)
Headers = Mapping[str, str]
NO_HEADERS: Headers = {}
FHIR_JSON = {"Content-Type": "application/fhir+json"}
IN_PROCESS = "http://localhost/fhir/"
SITE: list[BaseRoute] = [*routes]


@dataclass(frozen=True)
class Door:
    """A server that listens. address: of its root. database: its URL. client: asks below the FHIR base."""

    address: str
    database: str
    services: Services
    client: httpx.Client

    def put(self, resource: Json) -> httpx.Response:
        """Stores a resource under its own id."""
        return self.send("PUT", f"{resource['resourceType']}/{resource['id']}", resource)

    def send(self, method: str, url: str, resource: Json, headers: Headers = NO_HEADERS) -> httpx.Response:
        """Sends a resource, and fails unless the server takes it."""
        body = orjson.dumps(resource)
        return self.client.request(
            method, url, content=body, headers=FHIR_JSON | dict(headers)
        ).raise_for_status()

    def get(self, url: str, status: int = 200, headers: Headers = NO_HEADERS) -> httpx.Response:
        """What the server answers, which must have this status."""
        answer = self.client.get(url, headers=headers)
        assert answer.status_code == status, answer.text
        return answer

    def json(self, url: str, status: int = 200, headers: Headers = NO_HEADERS) -> Any:
        """The same, parsed."""
        return orjson.loads(self.get(url, status, headers).content)


def prepare(url: str, *views: View) -> None:
    """The record's schema and empty views in an empty database: those that the API reads, unless others are
    given."""
    with connect(url) as connection:
        migrate(connection, "record")
        for view in views or (FhirResources(), Links(), Matching()):
            ensure_generation(connection, view)


def services_of(url: str, **changes: Any) -> Services:
    """The parts of an API on a database; ``open`` them before use."""
    searcher = IndexSearcher(url)
    recorder = PostgresRecorder(url, searcher)
    views, links, charts = ViewDatabase(url), Visibility(url, Links.name), Visibility(url, HealthRecords.name)
    parts: dict[str, Any] = {
        "recorder": recorder,
        "record": HealthRecord(recorder, searcher),
        "views": views,
        "page_views": ViewDatabase(url, planned_once=True),
        "reader": ResourceReader(url),
        "visibility": Visibility(url, FhirResources.name),
        "links": links,
        "matching": Visibility(url, Matching.name),
        "charts": charts,
        "news": OpenCharts(views, charts, links),
        "limits": LIMITS,
        "snapshots": Snapshots(url),
    }
    return Services(**parts | changes)


@asynccontextmanager
async def opened(services: Services) -> AsyncIterator[None]:
    """Opens the parts, and closes them."""
    async with AsyncExitStack() as stack:
        await services.views.open()
        stack.push_async_callback(services.views.close)
        await services.page_views.open()
        stack.push_async_callback(services.page_views.close)
        stack.push_async_callback(services.reader.close)
        stack.push_async_callback(services.snapshots.close)
        assert isinstance(services.recorder, PostgresRecorder)
        await stack.enter_async_context(services.recorder)
        await stack.enter_async_context(services.visibility)
        await stack.enter_async_context(services.links)
        await stack.enter_async_context(services.matching)
        await stack.enter_async_context(services.charts)
        await stack.enter_async_context(services.news)
        if services.heavy:
            await stack.enter_async_context(services.heavy)
        yield


def app_of(services: Services, site: Sequence[BaseRoute]) -> App:
    """An application that opens its parts when it starts. site: what there is beside the API."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with opened(services):
            yield

    return App(services, site, lifespan)


@contextmanager
def projecting(url: str, view: View | None = None, *, alone: bool = False) -> Iterator[None]:
    """Projectors in a thread: of ``fhir_resources``, ``links`` and ``matching``. view: another one of the
    first, or of any other view, which then is projected alone."""
    stopped = threading.Event()
    log = NotificationLog(url)
    own = view or FhirResources()
    views = [own] if alone or own.name != FhirResources.name else [own, Links(), Matching()]
    projectors = [Projector(one, log, url) for one in views]
    thread = threading.Thread(
        target=run_projectors, args=(projectors, log, stopped.is_set, 0.05), daemon=True
    )
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join()
        for projector in projectors:
            projector.close()
        log.close()


@contextmanager
def serving(url: str, services: Services | None = None) -> Iterator[Door]:
    """A server on a prepared database, without a projector."""
    parts = services or services_of(url)

    with (
        served(app_of(parts, SITE)) as address,
        httpx.Client(base_url=f"{address}/fhir/", timeout=60) as client,
    ):
        yield Door(address, url, parts, client)


@asynccontextmanager
async def in_process(services: Services) -> AsyncIterator[httpx.AsyncClient]:
    """A client below the FHIR base of an application in this event loop, for those who look inside."""
    transport = httpx.ASGITransport(App(services, SITE))
    async with opened(services), httpx.AsyncClient(transport=transport, base_url=IN_PROCESS) as client:
        yield client


def link(bundle: Json, relation: str) -> str | None:
    """The address of a Bundle's link."""
    return next((one["url"] for one in bundle.get("link", ()) if one["relation"] == relation), None)


def pages(door: Door, url: str) -> Iterator[Json]:
    """Every page of a walk, by its next links."""
    following: str | None = url
    while following:
        bundle = door.json(following)
        yield bundle
        following = link(bundle, "next")


def entries(door: Door, url: str) -> list[Json]:
    """The entries of a whole walk."""
    return [entry for page in pages(door, url) for entry in page.get("entry", ())]


def outcome_of(answer: httpx.Response) -> Json:
    """The first issue of an answer that must be an OperationOutcome with the request's id."""
    outcome = orjson.loads(answer.content)
    assert outcome["resourceType"] == "OperationOutcome"
    assert answer.headers["content-type"] == "application/fhir+json"
    issue: Json = outcome["issue"][0]
    assert answer.headers["x-request-id"] in issue["diagnostics"]
    return issue

"""`ehr serve`: the FHIR API and the pages in one process, with worker processes for large bodies."""

import os
import signal
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

import uvicorn
from starlette.applications import Starlette

from backbone import logs
from backbone.keys import kept_key
from backbone.settings import Settings
from backbone.tether import follow_parent
from ehr.dates import ZONE
from ehr.event_store.store import PostgresRecorder
from ehr.garbage import settle
from ehr.health_record import HealthRecord
from fhir_api import monitoring
from fhir_api.access.hosts import Hosts
from fhir_api.app import App
from fhir_api.bundles import BundleLimits
from fhir_api.heavy import HeavyWorkers
from fhir_api.intake import warm
from fhir_api.open_charts import OpenCharts
from fhir_api.page_tokens import KEY_BYTES, PageTokens
from fhir_api.pages.routes import pages
from fhir_api.room import Room
from fhir_api.services import Services
from projections.database import ViewDatabase
from projections.fhir_resources.conditions import IndexSearcher
from projections.fhir_resources.queries import ResourceReader
from projections.fhir_resources.snapshots import Snapshots
from projections.fhir_resources.view import FhirResources
from projections.health_record.view import HealthRecord as HealthRecords
from projections.links.view import Links
from projections.matching.view import Matching
from projections.visibility import Visibility

GRACE_SECONDS = 10
"""For requests under way when the server is told to stop."""


def serve(settings: Settings, url: str) -> None:
    """Serves until SIGTERM or SIGINT. url: of the database with the record and the views."""
    logs.configure(settings.log_level)
    ZONE.use(settings.zone)
    warm()
    app = application(settings, url)
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="on",
        access_log=False,
        log_config=None,
        server_header=False,
        backlog=2048,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    Server(config, app.services.news.end).run()


class Server(uvicorn.Server):
    """Ends what would go on for ever before it waits for requests that are under way.

    uvicorn tells the application that it ends only once they are over.
    """

    def __init__(self, config: uvicorn.Config, end: Callable[[], None]) -> None:
        """end: ends the endless requests."""
        super().__init__(config)
        self._end = end

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """See ``uvicorn.Server``."""
        self._end()
        await super().shutdown(sockets)


def begin_worker(parent: int, log_level: str, zone: str) -> None:
    """In a worker process: it dies with the server, and means the same zone and kind of log lines."""
    follow_parent(parent, signal.SIGKILL)
    ZONE.use(zone)
    logs.configure(log_level)


def application(settings: Settings, url: str) -> App:
    """The application on the database; it opens its parts when it starts."""
    limits = BundleLimits(settings.max_bundle_bytes, settings.max_bundle_entries, settings.max_resource_bytes)
    by_kafka, waits = settings.log == "kafka", settings.kafka_away == "wait"
    searcher = IndexSearcher(url)
    recorder = PostgresRecorder(url, searcher, kept_by_kafka=by_kafka)
    views = ViewDatabase(url)
    links = Visibility(url, Links.name, waits_for_log=waits)
    charts = Visibility(url, HealthRecords.name, waits_for_log=waits)
    services = Services(
        recorder=recorder,
        record=HealthRecord(recorder, searcher),
        views=views,
        page_views=ViewDatabase(url, planned_once=True),
        reader=ResourceReader(url),
        visibility=Visibility(url, FhirResources.name, waits_for_log=waits),
        links=links,
        matching=Visibility(url, Matching.name, waits_for_log=waits),
        charts=charts,
        news=OpenCharts(views, charts, links),
        limits=limits,
        snapshots=Snapshots(url),
        explains=settings.explain,
        visibility_wait=settings.visibility_wait,
        pages=PageTokens(kept_key(settings.data / "page.key", KEY_BYTES)),
        heavy=HeavyWorkers(
            url,
            limits,
            partial(begin_worker, os.getpid(), settings.log_level, settings.zone),
            searcher=IndexSearcher,
            kept_by_kafka=by_kafka,
        ),
        room=Room(4 * limits.bytes),
        data=settings.data,
    )

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            await services.views.open()
            stack.push_async_callback(services.views.close)
            await services.page_views.open()
            stack.push_async_callback(services.page_views.close)
            stack.push_async_callback(services.reader.close)
            stack.push_async_callback(services.snapshots.close)
            await stack.enter_async_context(recorder)
            await stack.enter_async_context(services.visibility)
            await stack.enter_async_context(services.links)
            await stack.enter_async_context(services.matching)
            await stack.enter_async_context(services.charts)
            await stack.enter_async_context(services.news)
            if services.heavy:
                await stack.enter_async_context(services.heavy)
            settle()
            yield

    return App(services, [*monitoring.routes, pages()], lifespan, Hosts(settings.host_names))

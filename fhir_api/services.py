"""What the API works with, made once by whoever wires the processes."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

from ehr.appending import Recorder
from ehr.health_record import HealthRecord
from fhir_api.bundles import BundleLimits
from fhir_api.heavy import HeavyWorkers
from fhir_api.measurements import RequestMetrics
from fhir_api.open_charts import OpenCharts
from fhir_api.page_tokens import PageTokens
from fhir_api.room import Room
from projections.database import ViewDatabase
from projections.fhir_resources.frequent import Frequent
from projections.fhir_resources.queries import ResourceReader
from projections.fhir_resources.snapshots import Snapshots
from projections.visibility import Visibility


@dataclass(frozen=True, slots=True)
class Services:
    """Passed to every handler; holds no state of requests.

    views: for the API; page_views: for pages. visibility: of ``fhir_resources``; links: of the view of that
    name, which says who is one person;
    matching: of the one that compares people; charts: of ``health_record``. news: tells it to charts that are
    open.
    visibility_wait: seconds that a write waits to be shown. explains: whether searches tell
    developers how they are carried out. ready: name of each part -> whether it serves. data: a directory on
    the disk whose free space is watched.
    """

    recorder: Recorder
    record: HealthRecord
    views: ViewDatabase
    page_views: ViewDatabase
    reader: ResourceReader
    visibility: Visibility
    links: Visibility
    matching: Visibility
    charts: Visibility
    news: OpenCharts
    limits: BundleLimits
    snapshots: Snapshots
    visibility_wait: float = 5.0
    explains: bool = False
    heavy: HeavyWorkers | None = None
    room: Room = field(default_factory=Room)
    frequent: Frequent = field(default_factory=Frequent)
    metrics: RequestMetrics = field(default_factory=RequestMetrics)
    pages: PageTokens = field(default_factory=PageTokens)
    data: Path | None = None
    ready: dict[str, Callable[[], Awaitable[bool]]] = field(default_factory=dict)

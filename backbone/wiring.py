"""Puts the parts together: which views there are, which programs run, and what each is given."""

import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from datetime import datetime
from functools import partial
from hashlib import sha256
from pathlib import Path
from types import FrameType

from backbone import logs
from backbone.embedded_postgres import running_url
from backbone.errors import Refused
from backbone.event_log import note_keeper, open_log, way
from backbone.processes import Program
from backbone.progress import progress_bar
from backbone.reaching import at_database
from backbone.running import Demo, Parts, base_url
from backbone.settings import Settings, variable
from ehr.dates import ZONE
from ehr.event_store.connections import Connection, connect
from ehr.event_store.migrations import is_migrated
from ehr.event_store.migrations import migrate as migrate_record
from ehr.event_store.relaying import NotKept
from projections.carrying import run_projectors
from projections.citizens.view import Citizens
from projections.facilities.view import Facilities
from projections.fhir_resources.view import FhirResources
from projections.generations import Held, ensure_generation
from projections.health_record.view import HealthRecord
from projections.linking.running import run_linking
from projections.links.view import Links
from projections.matching.view import Matching
from projections.projector import Projector
from projections.rebuild import rebuild
from projections.view import View
from streams.notification_log import NotificationLog
from streams.relay import run_relay
from streams.shared_reads import SharedReads

HELD_SECONDS = 1.0
"""Between two looks whether another start has rebuilt a view."""

SERVE_SECONDS = 30.0
"""So long a server that starts waits for the database."""

VIEWS: Mapping[str, Callable[[], View]] = {
    view.name: view for view in (FhirResources, Citizens, HealthRecord, Facilities, Links, Matching)
}

# Views that one process projects together: what clients wait for has one of its own, with who is one person.
PROJECTORS: Mapping[str, Sequence[str]] = {
    "project-resources": [FhirResources.name, Links.name],
    "project-charts": [Citizens.name, HealthRecord.name, Facilities.name, Matching.name],
}


def database_url(settings: Settings) -> str:
    """The URL of the database that is named, or else of the embedded one that runs now."""
    if settings.database_url is not None:
        return settings.database_url.get_secret_value()
    url = running_url(settings.data / "postgres")
    if url is None:
        raise Refused("no database: start `ehr run`, or name one in EHR_DATABASE_URL")
    return url


def view_named(name: str) -> View:
    """The view of this name, or a refusal that names those that exist."""
    if name not in VIEWS:
        raise Refused(f"no view is called {name}; there are {', '.join(VIEWS)}")
    return VIEWS[name]()


def migrate(settings: Settings, url: str) -> None:
    """Brings the record and every view to the schema and the code of this program.

    Views that other code has built are rebuilt, while they serve, with a progress bar on standard error.
    """
    ZONE.use(settings.zone)
    with connect(url) as connection:
        migrate_record(connection, "record")
        note_keeper(settings, connection)
        views = [make_view() for make_view in VIEWS.values()]
        other = [view for view in views if _built_by_other_code(view, connection)]
    for view in other:
        _rebuild(view, url)


def migrate_store(url: str) -> None:
    """Brings the record alone to the schema of this program."""
    with connect(url) as connection:
        migrate_record(connection, "record")


def require_record(url: str) -> None:
    """Refuses a database that has no record of this program's schema."""
    with connect(url) as connection:
        _require_record(connection)


def _require_record(connection: Connection) -> None:
    if not is_migrated(connection, "record"):
        raise Refused("this database has no record, or one of another version: `ehr migrate` makes it so")


def _built_by_other_code(view: View, connection: Connection) -> bool:
    return ensure_generation(connection, view).code_version != view.code_version


def _rebuild(view: View, url: str) -> None:
    """Rebuilds the view, unless another start does so at this moment: then this one waits for it."""
    shown = progress_bar(f"rebuilding {view.name}, built by other code")
    with connect(url) as connection, closing(NotificationLog(url)) as log, shown as bar:
        while _built_by_other_code(view, connection):
            try:
                rebuild(view, log, url, bar)
            except Held:
                time.sleep(HELD_SECONDS)


def parts(settings: Settings) -> Parts:
    """What `ehr run` starts."""
    return Parts(
        prepare=lambda url: migrate(settings, url),
        programs=lambda url, servers: _programs(settings, url, servers),
        demo=lambda url: _demo(settings, url),
    )


def ehr(*arguments: str) -> list[str]:
    """The command line that runs this very program with other arguments."""
    return [sys.executable, "-m", "backbone", *arguments]


def _programs(settings: Settings, url: str, servers: str | None) -> list[Program]:
    """servers: the broker that was started for them."""
    environment = {variable("database_url"): url, variable("data"): str(settings.data)}
    environment |= {variable("host"): settings.host, variable("port"): str(settings.port)}
    environment |= {variable("log"): settings.log}
    if servers:
        environment |= {variable("kafka"): servers, variable("kafka_replication"): "1"}
    commands = {"api": ["serve"]} | {name: ["project", *views] for name, views in PROJECTORS.items()}
    commands |= {"link": ["link"]}
    if settings.log == "kafka":
        commands |= {"relay": ["relay"]}
    return [Program(name, ehr(*command), environment) for name, command in commands.items()]


def _demo(settings: Settings, url: str) -> Demo | None:
    """The filling that this database still needs: of an empty record, or one that began and did not end.

    Sending it again would add nothing, but take its time. A record of other origin is left alone.
    """
    named = settings.database_url.get_secret_value() if settings.database_url else "embedded"
    finished = settings.data / f"demo-{sha256(named.encode()).hexdigest()[:12]}"
    begun = finished.with_suffix(".until")
    if settings.demo == "none" or finished.exists() or not (begun.exists() or _is_empty(url)):
        return None
    last_day = _day_of_first_fill(begun)
    command = [
        sys.executable,
        "-m",
        "simulation",
        "--base",
        f"{base_url(settings)}/fhir",
        "--until",
        last_day,
    ]
    return Demo(Program("demo", command), finished)


def _is_empty(url: str) -> bool:
    """Whether no fact was ever recorded."""
    with closing(NotificationLog(url)) as log:
        return log.end() == 0


def _day_of_first_fill(kept: Path) -> str:
    """Today, and what was today when a filling that is gone on with began: its bundles depend on it.

    Written beside and renamed: half a day would be no day.
    """
    if not kept.exists():
        written = kept.with_name(f"{kept.name}.new")
        written.write_text(datetime.now(ZONE).date().isoformat(), encoding="ascii")
        written.replace(kept)
    return kept.read_text(encoding="ascii")


def project(settings: Settings, names: Sequence[str]) -> None:
    """Carries views along the log until SIGTERM or SIGINT."""
    views = [view_named(name) for name in names]
    logs.configure(settings.log_level)
    ZONE.use(settings.zone)
    url, stopped = database_url(settings), _stop_event().is_set
    if not at_database(url, lambda _: None, stopped):
        return
    log = SharedReads(open_log(settings, url))
    projectors = [Projector(view, log, url) for view in views]
    try:
        run_projectors(projectors, log, stopped)
    finally:
        for projector in projectors:
            projector.close()
        log.close()


def relay(settings: Settings) -> None:
    """Carries facts to Kafka until SIGTERM or SIGINT."""
    logs.configure(settings.log_level)
    url, stopped = database_url(settings), _stop_event().is_set
    to = way(settings, url)
    try:
        if at_database(url, _require_record, stopped):
            run_relay(to, stopped)
    except NotKept as reason:
        raise Refused(str(reason)) from None


def link(settings: Settings) -> None:
    """Links Patients that are one person, and proposes those that may be, until SIGTERM or SIGINT."""
    logs.configure(settings.log_level)
    ZONE.use(settings.zone)
    url, stopped = database_url(settings), _stop_event().is_set
    if not at_database(url, partial(_take_up, settings), stopped):
        return
    with closing(open_log(settings, url)) as log:
        run_linking(log, url, stopped, kept_by_kafka=settings.log == "kafka")


def _stop_event() -> threading.Event:
    """Set by SIGTERM or SIGINT."""
    stopped = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        stopped.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    return stopped


def serve(settings: Settings) -> None:
    """Serves the FHIR API and the pages until SIGTERM or SIGINT."""
    from backbone.serving import serve as serve_on  # Other commands start faster without it.

    logs.configure(settings.log_level)
    url, deadline = database_url(settings), time.monotonic() + SERVE_SECONDS
    if not at_database(url, partial(_take_up, settings), lambda: time.monotonic() > deadline):
        raise Refused("the database cannot be reached")
    serve_on(settings, url)


def _take_up(settings: Settings, connection: Connection) -> None:
    """The database may be a backup from before Kafka kept its log, or be told of with a setting forgotten."""
    _require_record(connection)
    note_keeper(settings, connection)

"""A process with projectors as `ehr project` runs them, of generations that are named, over the log that
Kafka keeps.

kind: ``honest``; ``reckless``, who works whether or not another one does; ``faulty``, who also advances the
position whatever it was, which is planted.
"""

import os
import signal
import threading
from collections.abc import Sequence
from unittest.mock import patch

from backbone.wiring import view_named
from projections.carrying import run_projectors
from projections.generations import Generation, queries
from projections.projector import Projector
from streams.broker import Access, Place
from streams.kafka_log import KafkaLog
from streams.shared_reads import SharedReads

FACTS = 4
"""In one transaction, about: the more there are, the more can be hit."""

SILENT_SECONDS = 2
"""Until one that hangs is dismissed: a campaign has no time to lose."""


def project(kind: str, url: str, servers: str, topic: str, generations: Sequence[Generation]) -> None:
    """Goes on until SIGTERM."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what they say of their trouble is not for the screen
    if kind in ("reckless", "faulty"):
        patch("projections.projector.Lease.take", lambda _: True).start()
    if kind == "faulty":
        careless = queries["advance"].replace("and position = %(old)b", "and %(old)b is not null")
        patch.dict(queries, {"advance": careless}).start()
    patch("ehr.event_store.lease.SILENT_SECONDS", SILENT_SECONDS).start()
    patch("projections.projector.FACTS", FACTS).start()
    patch("projections.projector.RESOURCES", FACTS).start()
    stopped = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopped.set())
    log = SharedReads(KafkaLog(Access(servers), Place(topic, 0)))
    run_projectors(
        [Projector(view_named(one.view), log, url, one) for one in generations], log, stopped.is_set
    )

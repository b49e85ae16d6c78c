"""The figures of record, log and views at one moment, for Prometheus."""

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from ehr.event_store.relaying import RelayStanding
from projections.facilities.silence import Silence
from projections.linking.standing import LinkingStanding
from projections.standing import Sizes, Standing


class Disk(NamedTuple):
    """Bytes of the disk on which a directory lies."""

    free: int
    size: int


def disk_of(directory: Path | None) -> Disk | None:
    """None for no directory, and for one that is not there."""
    try:
        usage = shutil.disk_usage(directory) if directory else None
    except OSError:
        return None
    return Disk(usage.free, usage.total) if usage else None


class Known(NamedTuple):
    """How the views stand, the relay (None where the record keeps its log itself), linking (None where it
    was never at work), which facilities are silent, and how large the database is."""

    views: Sequence[Standing]
    relay: RelayStanding | None
    linking: LinkingStanding | None = None
    silence: Silence | None = None
    sizes: Sizes | None = None


class Figures(Collector):
    """``figures`` as the library wants them."""

    def __init__(self, known: Known | None, disk: Disk | None = None) -> None:
        self._known = known
        self._disk = disk

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """See ``prometheus_client``."""
        return figures(self._known, self._disk)


def figures(known: Known | None, disk: Disk | None = None) -> Iterator[GaugeMetricFamily]:
    """What is known at one moment; None: the database does not answer."""
    yield GaugeMetricFamily("ehr_database_up", "1 when the database answers.", value=float(known is not None))
    views, relay, linking, silence, sizes = known or Known([], None)
    yield _one("ehr_record_position", "Position of the record's last fact.", views[0].end if views else None)
    yield from _of_the_relay(relay)
    yield _by_view("ehr_view_position", "Position up to which a view shows the record.", views, "position")
    yield _by_view("ehr_view_lag_facts", "Facts that a view does not show yet.", views, "lag")
    yield _by_view(
        "ehr_view_behind_seconds", "Age of the first fact that a view does not show.", views, "behind"
    )
    yield _by_view("ehr_view_projected", "1 when a projector of the view is connected.", views, "projected")
    yield _by_view(
        "ehr_view_awaits_rebuild", "1 when other code has built the view.", views, "awaits_rebuild"
    )
    yield _by_view("ehr_view_parked_citizens", "Citizens whose facts wait.", views, "parked")
    yield _by_view("ehr_view_quarantined_records", "Records passed over.", views, "quarantined")
    yield from _of_linking(linking)
    yield _of_facilities(silence)
    yield _one("ehr_database_bytes", "Bytes of the database on disk.", sizes.database if sizes else None)
    yield _one(
        "ehr_disk_free_bytes", "Bytes free on the disk of the data directory.", disk.free if disk else None
    )
    yield _one("ehr_disk_bytes", "Bytes of the disk of the data directory.", disk.size if disk else None)


def _of_the_relay(relay: RelayStanding | None) -> Iterator[GaugeMetricFamily]:
    told = relay._asdict() | {"works": relay.works} if relay else {}
    yield _one(
        "ehr_log_position", "Position up to which Kafka has confirmed all facts.", told.get("position")
    )
    yield _one(
        "ehr_relay_behind_seconds",
        "Age of the first fact that is not known to be in Kafka.",
        told.get("behind"),
    )
    yield _one("ehr_relay_works", "1 when a relay gets facts to Kafka.", told.get("works"))
    yield _one("ehr_relay_silent_seconds", "Seconds since a relay told how far it is.", told.get("silent"))
    yield _one(
        "ehr_writing_open", "1 when Kafka is known to have no more than the store.", told.get("compared")
    )


def _of_linking(linking: LinkingStanding | None) -> Iterator[GaugeMetricFamily]:
    told = linking._asdict() | {"lag": linking.lag} if linking else {}
    yield _one("ehr_linking_position", "Position up to which everybody was judged.", told.get("position"))
    yield _one("ehr_linking_lag_facts", "Facts that linking has yet to pass.", told.get("lag"))
    yield _one(
        "ehr_linking_behind_seconds",
        "Age of the first fact that linking has yet to pass.",
        told.get("behind"),
    )
    yield _one("ehr_linking_works", "1 when a linking process is at work.", told.get("works"))
    yield _one(
        "ehr_linking_waiting_citizens", "Citizens who wait for what a view leaves out.", told.get("waiting")
    )


def _of_facilities(silence: Silence | None) -> GaugeMetricFamily:
    family = GaugeMetricFamily(
        "ehr_facilities", "Facilities that have sent, by how they keep to their rhythm.", labels=["state"]
    )
    if silence:
        regular = silence.senders - silence.silent - silence.unjudged
        for state, number in (
            ("regular", regular),
            ("silent", silence.silent),
            ("unjudged", silence.unjudged),
        ):
            family.add_metric([state], float(number))
    return family


def _one(name: str, meaning: str, value: float | None) -> GaugeMetricFamily:
    """Without a value where there is none."""
    family = GaugeMetricFamily(name, meaning)
    if value is not None:
        family.add_metric([], float(value))
    return family


def _by_view(name: str, meaning: str, found: Sequence[Standing], figure: str) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, meaning, labels=["view"])
    for standing in found:
        family.add_metric([standing.view], float(getattr(standing, figure)))
    return family

"""Lags: the time from when something was done until the record took it, in buckets."""

from bisect import bisect_left
from datetime import datetime
from typing import NamedTuple

import msgspec

from ehr.dates import span
from ehr.facts import EncounterDocumented, ResourceRecorded
from projections.facilities.sender import read_encounter
from streams.recorded_fact import RecordedFact, RecordedResource

MINUTE, HOUR, DAY = 60, 3600, 86400
LIMITS = (MINUTE, HOUR, DAY, 7 * DAY, 30 * DAY)
"""Seconds: bucket n holds the lags up to LIMITS[n]; the one after the last holds what is longer."""

AHEAD = -1
"""Bucket of what was done after it was recorded: a clock is wrong, or it was foretold."""

UNTIMED = -2
"""Bucket of what does not say when it was done."""

TIMED = frozenset(
    (
        "Composition DiagnosticReport DocumentReference Encounter Immunization MedicationAdministration "
        "MedicationDispense MedicationRequest Observation Procedure ServiceRequest"
    ).split()
)
"""Types whose main date says when somebody did it. That of a Condition is when the illness began."""


class _Immunization(msgspec.Struct, frozen=True):
    primarySource: bool = True


_immunization = msgspec.json.Decoder(_Immunization).decode


class Lag(NamedTuple):
    """bucket: place in LIMITS, or AHEAD or UNTIMED, which have no seconds."""

    bucket: int
    seconds: int


def lag_of(recorded: RecordedFact) -> Lag | None:
    """How late a new fact came; None for amendments, retractions and what is not done at one time."""
    if not isinstance(recorded.fact, EncounterDocumented | ResourceRecorded) or recorded.fact.moved_from:
        return None
    if recorded.fact.part > 1 or not _is_timed(recorded.resources[0]):
        return None
    return lag_between(_done_at(recorded), recorded.fact.recorded_at)


def _is_timed(lead: RecordedResource) -> bool:
    """A vaccination of which one was told, long ago and elsewhere, is no late report."""
    if lead.version.type == "Immunization":
        return _immunization(lead.body).primarySource
    return lead.version.type in TIMED


def lag_between(done_at: str, recorded_at: str) -> Lag:
    """done_at: FHIR date, dateTime or instant; recorded_at: RFC 3339.

    A partial date ends with its day, month or year: the lag is the least that it can be.
    """
    done = span(done_at)
    if done is None or done_at == recorded_at:  # the record's own time stands for one that is not stated
        return Lag(UNTIMED, 0)
    recorded = datetime.fromisoformat(recorded_at)
    if done.start > recorded:
        return Lag(AHEAD, 0)
    until = done.start if "T" in done_at else done.end
    seconds = max(0, int((recorded - until).total_seconds()))
    return Lag(bisect_left(LIMITS, seconds), seconds)


def _done_at(recorded: RecordedFact) -> str:
    """An encounter is done when it ends."""
    lead = recorded.resources[0]
    if lead.version.type != "Encounter":
        return recorded.fact.happened_at
    return read_encounter(lead.body).ends or recorded.fact.happened_at

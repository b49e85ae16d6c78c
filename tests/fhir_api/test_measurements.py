"""How fast positions rise, and the slowest requests."""

from datetime import timedelta

import pytest

from fhir_api import measurements
from fhir_api.measurements import PACE_SECONDS, Pace, RequestMetrics


def test_a_pace_is_told_over_a_minute_at_most() -> None:
    pace = Pace()
    assert pace.note(1000.0, {"record": 5}) == {}
    assert pace.note(1010.0, {"record": 25, "log": 3}) == {"record": 2.0}
    assert pace.note(1000.0 + PACE_SECONDS, {"record": 65, "log": 13}) == {"record": 1.0}
    assert pace.note(1011.0 + PACE_SECONDS, {"record": 65, "log": 13}) == {"record": 0.0, "log": 0.0}
    assert pace.note(1012.0 + 3 * PACE_SECONDS, {"record": 65}) == {}


def test_a_view_that_was_rebuilt_does_not_fall() -> None:
    pace = Pace()
    pace.note(0.0, {"view": 100})
    assert pace.note(1.0, {"view": 50}) == {"view": 0.0}


def test_of_each_kind_the_slowest_request_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    metrics = RequestMetrics()
    for seconds in (0.1, 0.3, 0.2):
        metrics.note("read", 200, seconds)
    metrics.note_page("GET /citizens/{patient_id}", 404, 0.5)
    told = [(one.kind, one.status, one.seconds) for one in metrics.slowest(5)]
    assert told == [("GET /citizens/{patient_id}", 404, 0.5), ("FHIR read", 200, 0.3)]
    assert [one.seconds for one in metrics.slowest(1)] == [0.5]
    assert metrics.answered == 4
    monkeypatch.setattr(measurements, "KEPT", timedelta(microseconds=-1))
    assert metrics.slowest(5) == [], "after an hour it is forgotten"
    metrics.note("read", 200, 0.05)
    monkeypatch.setattr(measurements, "KEPT", timedelta(hours=1))
    assert ("FHIR read", 0.05) in [(one.kind, one.seconds) for one in metrics.slowest(5)]

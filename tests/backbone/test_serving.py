"""What `ehr serve` is put together from."""

from pathlib import Path
from typing import Literal

import pytest

from backbone import serving
from backbone.serving import application
from backbone.settings import Settings
from ehr.event_store.store import PostgresRecorder
from fhir_api.heavy import HeavyWorkers


@pytest.mark.parametrize(("log", "by_kafka"), [("embedded", False), ("kafka", True)])
def test_whoever_writes_knows_who_keeps_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, log: Literal["embedded", "kafka"], by_kafka: bool
) -> None:
    """The server itself, and its workers."""
    told: dict[str, object] = {}

    class Recorder(PostgresRecorder):
        def __init__(self, *_: object, **named: object) -> None:
            told["recorder"] = named.get("kept_by_kafka")

    class Workers(HeavyWorkers):
        def __init__(self, *_: object, **named: object) -> None:
            told["workers"] = named.get("kept_by_kafka")

    monkeypatch.setattr(serving, "PostgresRecorder", Recorder)
    monkeypatch.setattr(serving, "HeavyWorkers", Workers)
    application(Settings(data=tmp_path, log=log), "postgresql://127.0.0.1:1/none")
    assert told == {"recorder": by_kafka, "workers": by_kafka}

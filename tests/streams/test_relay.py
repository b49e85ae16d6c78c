"""A relay through trouble that is not Kafka's."""

import pytest
from structlog.testing import capture_logs

from backbone.embedded_postgres import EmbeddedPostgres
from ehr.event_store import lease
from streams import relay
from streams.broker import Access, Place
from streams.relay import run_relay
from tests.hanging import held_by_another_role
from tests.stating import migrated
from tests.streams.relaying import way


def test_it_stands_by_for_one_that_hangs_as_another_role(
    database: str, postgres: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lease, "SILENT_SECONDS", 0.2)
    monkeypatch.setattr(relay, "TROUBLE_SECONDS", 0.0)
    to = way(migrated(database), Access("127.0.0.1:1"), Place("any", 0))
    with held_by_another_role(postgres, database, "record.relay", 0.3), capture_logs() as logs:
        run_relay(to, lambda: bool(logs))
    (told,) = logs
    assert "holds record.relay and hangs" in told["trouble"]

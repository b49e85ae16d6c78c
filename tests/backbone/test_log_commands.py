"""`ehr restore`: what it cannot do is told in one line, before anything is made."""

import sys
from pathlib import Path

import pytest

from backbone.cli import main
from ehr.event_store.connections import connect
from tests.stating import migrated

NOWHERE = "postgresql://ehr@127.0.0.1:1/ehr"


@pytest.fixture(autouse=True)
def _restoring(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("EHR_DATA", str(tmp_path))
    monkeypatch.setattr(sys, "argv", ["ehr", "restore", "--from-log"])


def refusal() -> str:
    with pytest.raises(SystemExit) as ended:
        main()
    return str(ended.value.code)


@pytest.mark.parametrize("log", ["embedded", "kafka"])
def test_without_kafka_no_database_is_made(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, log: str) -> None:
    monkeypatch.setenv("EHR_LOG", log)
    assert refusal().startswith("ehr: no Kafka: ")
    assert list(tmp_path.iterdir()) == []


def test_a_database_that_is_away_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"LOG": "kafka", "KAFKA": "127.0.0.1:1", "DATABASE_URL": NOWHERE}.items():
        monkeypatch.setenv(f"EHR_{name}", value)
    assert refusal().startswith("ehr: the database cannot be reached (")


def test_a_database_of_newer_code_is_told(monkeypatch: pytest.MonkeyPatch, database: str) -> None:
    for name, value in {"LOG": "kafka", "KAFKA": "127.0.0.1:1", "DATABASE_URL": migrated(database)}.items():
        monkeypatch.setenv(f"EHR_{name}", value)
    with connect(database) as connection:
        connection.execute(
            "insert into migrations.applied (component, number, name) values ('record', 999, '')"
        )
    assert refusal() == "ehr: newer code has migrated this database: use that code, or a backup"

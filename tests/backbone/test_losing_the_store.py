"""The drill of docs/how-to/verify-and-restore.md on one machine: the database's directory is lost, the log is
not."""

import shutil
import sys
from pathlib import Path

import pytest

from backbone.at_hand import at_hand
from backbone.cli import main
from backbone.embedded_kafka import EmbeddedKafka
from backbone.errors import Refused
from backbone.event_log import way
from backbone.settings import Settings
from streams.relay import refill
from tests.faults.telling import tell
from tests.kafka_broker import MEMORY, OPTIONS
from tests.stating import migrated, value

FACTS = "select count(*) from record.facts"


def ehr(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """The exit code."""
    monkeypatch.setattr(sys, "argv", ["ehr", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


def test_a_lost_store_is_made_anew_from_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    tmp_path.chmod(0o711)
    monkeypatch.setenv("EHR_DATA", str(tmp_path))
    monkeypatch.setenv("EHR_LOG", "kafka")
    with EmbeddedKafka(tmp_path / "kafka", memory=MEMORY, options=OPTIONS):
        with at_hand(Settings(data=tmp_path, log="kafka"), new=True) as (settings, url):
            tell(migrated(url), 1, 3)
            facts = value(url, FACTS)
            refill(way(settings, url))
        shutil.rmtree((tmp_path / "postgres").resolve())
        (tmp_path / "postgres").unlink(missing_ok=True)
        assert ehr(monkeypatch, "verify") == 2
        assert "no database" in capsys.readouterr().err
        assert ehr(monkeypatch, "restore", "--from-log") == 0
        assert capsys.readouterr().out.endswith(f"up to position {facts}\n")
        assert ehr(monkeypatch, "verify", "--no-views") == 0
    assert ehr(monkeypatch, "verify", "--no-views") == 0  # with a broker that is started for it
    assert f"log: equal up to position {facts}" in capsys.readouterr().out


def test_nothing_is_made_for_a_command_that_only_looks(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="no database"), at_hand(Settings(data=tmp_path)):
        pass
    assert list(tmp_path.iterdir()) == []

"""The ledger: lines once written stay, whatever happens to the last one."""

import json
import os
from pathlib import Path

import pytest

from backbone.importing.ledger import Ledger

BASE = "http://127.0.0.1:8000/fhir"


def test_what_was_added_is_known_ever_after(tmp_path: Path) -> None:
    with Ledger(tmp_path, BASE) as ledger:
        assert "a" not in ledger
        ledger.add("a", 3)
        assert "a" in ledger
    with Ledger(tmp_path, BASE) as ledger:
        assert "a" in ledger
        ledger.add("b", 1)
    with Ledger(tmp_path, BASE) as ledger:
        assert ("a" in ledger, "b" in ledger, "c" in ledger) == (True, True, False)


def test_it_says_nothing_about_another_server(tmp_path: Path) -> None:
    with Ledger(tmp_path, BASE) as ledger:
        ledger.add("a", 3)
    with Ledger(tmp_path, "http://127.0.0.1:9000/fhir") as ledger:
        assert "a" not in ledger


@pytest.mark.parametrize("rest", [b'{"base":"http', b"\0" * 30, b"\xff", b"{}", b'{"base":1}\n'])
def test_a_line_that_was_cut_short_spoils_no_other(tmp_path: Path, rest: bytes) -> None:
    with Ledger(tmp_path, BASE) as ledger:
        ledger.add("a", 3)
    with ledger.path.open("ab") as file:
        file.write(rest)
    with Ledger(tmp_path, BASE) as ledger:
        assert "a" in ledger
        ledger.add("b", 1)
    with Ledger(tmp_path, BASE) as ledger:
        assert "a" in ledger
        assert "b" in ledger


def test_a_line_is_on_disk_before_it_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[bytes] = []
    with Ledger(tmp_path, BASE) as ledger:
        monkeypatch.setattr(os, "fsync", lambda _handle: synced.append(ledger.path.read_bytes()))
        ledger.add("a", 3)
        assert synced == [ledger.path.read_bytes()]
        assert synced[0].endswith(b"\n")


def test_it_holds_no_names_and_is_for_its_owner_alone(tmp_path: Path) -> None:
    with Ledger(tmp_path, BASE) as ledger:
        ledger.add("a", 3)
    assert ledger.path.stat().st_mode & 0o077 == 0
    assert ledger.path.parent.stat().st_mode & 0o077 == 0
    (line,) = ledger.path.read_text().splitlines()
    assert set(json.loads(line)) == {"base", "key", "resources", "at"}

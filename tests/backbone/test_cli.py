"""The command line, on a real database."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from backbone.cli import main
from backbone.embedded_postgres import EmbeddedPostgres
from backbone.progress import Bar
from ehr.errors import Uncompared
from ehr.event_store import lease
from ehr.event_store.connections import connect
from projections import generations
from projections import rebuild as rebuilding
from projections.fhir_resources.view import FhirResources
from projections.generations import Generation, drop_generation, hold_alone
from projections.projector import Projector
from projections.view import View
from tests.backbone.waiting import until
from tests.hanging import held_by_another_role
from tests.replaying import catch_up
from tests.stating import create, patient, request, state_all

VIEW = "fhir_resources"
CODE = FhirResources.code_version
Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def ehr(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, database: str
) -> Command:
    """Runs a command on a fresh database; gives its exit code, output and complaints."""
    monkeypatch.setenv("EHR_DATABASE_URL", database)
    monkeypatch.setenv("EHR_DATA", str(tmp_path))

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["ehr", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        output, complaints = capsys.readouterr()
        if isinstance(ended.value.code, str):
            return 1, output, ended.value.code
        return int(ended.value.code or 0), output, complaints

    return run


def value(database: str, query: str) -> Any:
    with psycopg.connect(database) as connection:
        row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return row[0]


def test_migrating_twice_is_as_good_as_once(ehr: Command, database: str) -> None:
    applied = "select count(*) from migrations.applied"
    assert ehr("migrate")[0] == 0
    first = value(database, applied)
    assert ehr("migrate")[0] == 0
    assert value(database, applied) == first > 0


def test_a_record_whose_log_kafka_keeps_is_not_taken_from_it_by_a_forgotten_setting(
    ehr: Command, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EHR_LOG", "kafka")
    assert ehr("migrate")[0] == 0
    monkeypatch.delenv("EHR_LOG")
    code, _, said = ehr("migrate")
    assert (code, "set EHR_LOG=kafka" in said) == (1, True)
    with pytest.raises(Uncompared):
        state_all(database, request(create(patient("A"))))
    assert ehr("relay", "--leave")[:2] == (
        0,
        "the record keeps its log itself now: start everything without EHR_LOG=kafka\n",
    )
    assert ehr("migrate")[0] == 0
    state_all(database, request(create(patient("A"))))


def test_a_relay_that_hangs_as_another_role_is_told(
    ehr: Command, database: str, postgres: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EHR_LOG", "kafka")
    assert ehr("migrate")[0] == 0
    monkeypatch.setattr(lease, "SILENT_SECONDS", 0.2)
    with held_by_another_role(postgres, database, "record.relay", 0.3):
        code, _, said = ehr("relay", "--leave")
    assert (code, "holds record.relay and hangs" in said) == (1, True)


def test_a_relay_on_a_database_without_a_record_is_refused(
    ehr: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EHR_LOG", "kafka")
    monkeypatch.setenv("EHR_KAFKA", "127.0.0.1:9")
    code, _, said = ehr("relay")
    assert (code, "`ehr migrate`" in said) == (1, True)


def test_a_view_is_rebuilt_and_the_former_generation_can_come_back(ehr: Command, database: str) -> None:
    serving = "select generation from views.generations where view = 'fhir_resources' and state = 'serving'"
    ehr("migrate")
    assert value(database, serving) == 1
    code, output, _ = ehr("rebuild", VIEW)
    assert (code, output) == (0, f"generation 2 of {VIEW} serves now\n")
    assert value(database, serving) == 2
    assert ehr("switch", VIEW, "1")[:2] == (0, f"generation 1 of {VIEW} serves now\n")
    assert value(database, serving) == 1


def built_by_other_code(database: str) -> None:
    with psycopg.connect(database) as connection:
        connection.execute("update views.generations set code_version = 7 where view = %s", [VIEW])


def test_migrating_rebuilds_what_other_code_has_built(ehr: Command, database: str) -> None:
    ehr("migrate")
    built_by_other_code(database)
    code, _, complaints = ehr("migrate")
    assert code == 0
    assert complaints.startswith(f"rebuilding {VIEW}, built by other code\n")
    assert value(database, "select count(*) from views.generations where state = 'retired'") == 1
    assert states(ehr) == [(2, "serving")]  # of this code
    assert ehr("migrate")[2] == ""


def test_a_second_start_waits_for_the_rebuild_of_the_first(
    ehr: Command, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ehr("migrate")
    built_by_other_code(database)
    with connect(database) as other:
        hold_alone(other, VIEW)
        monkeypatch.setattr(generations, "MOMENT_SECONDS", 0)
        monkeypatch.setattr(time, "sleep", lambda _: other.close())
        assert ehr("migrate")[0] == 0
    assert states(ehr) == [(2, "serving")]


def test_a_generation_of_other_code_is_refused(ehr: Command, database: str) -> None:
    ehr("migrate")
    built_by_other_code(database)
    ehr("migrate")
    refusal = f"generation 1 of {VIEW} was built by code version 7, this is version {CODE}"
    way_out = f"use code of version 7, or `ehr rebuild {VIEW}`"
    assert ehr("switch", VIEW, "1") == (1, "", f"ehr: {refusal}: {way_out}")


def test_a_rebuild_whose_generation_was_removed_says_so(
    ehr: Command, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when its connection was lost, and with it the lock that keeps other rebuilds away."""
    ehr("migrate")
    state_all(database, request(create(patient("A"))))
    catch_up(database)
    original = rebuilding._catch_up

    def robbed(view: View, url: str, projector: Projector, bar: Bar) -> None:
        with connect(url) as other:
            drop_generation(other, Generation(VIEW, 2, 0, CODE))
        original(view, url, projector, bar)

    monkeypatch.setattr(rebuilding, "_catch_up", robbed)
    gone = f"ehr: the generation that was to be of {VIEW} was removed by another rebuild; try again"
    assert ehr("rebuild", VIEW) == (1, "", gone)
    kept = "select array_agg(generation || ' ' || state) from views.generations where view = 'fhir_resources'"
    assert value(database, kept) == ["1 serving"]


@pytest.mark.parametrize("command", ["switch", "drop"])
def test_a_generation_that_does_not_exist_is_refused(ehr: Command, command: str) -> None:
    ehr("migrate")
    assert ehr(command, VIEW, "9") == (1, "", f"ehr: {VIEW} has no generation 9")


def test_generations_are_listed_and_dropped(ehr: Command, database: str) -> None:
    ehr("migrate")
    ehr("rebuild", VIEW)
    assert states(ehr) == [(1, "retired"), (2, "serving")]
    assert ehr("rebuild", VIEW)[1] == (
        f"generation 1 of {VIEW} is removed\ngeneration 3 of {VIEW} serves now\n"
    )
    assert states(ehr) == [(2, "retired"), (3, "serving")]
    assert ehr("drop", VIEW, "2")[:2] == (0, f"generation 2 of {VIEW} is removed\n")
    code, _, complaint = ehr("drop", VIEW, "3")
    serves = f"ehr: generation 3 of {VIEW} serves; another one must take its place first"
    assert (code, complaint) == (1, serves)
    assert states(ehr) == [(3, "serving")]


def states(ehr: Command) -> list[tuple[int, str]]:
    """Of the generations of VIEW."""
    code, output, _ = ehr("views")
    assert code == 0
    line = re.compile(
        rf"{VIEW} generation (\d+): (\w+), position 0 of 0, code version {CODE}, [\d.]+ [kM]?B|bytes"
    )
    return [(int(found[1]), found[2]) for found in line.finditer(output)]


@pytest.mark.parametrize(
    "command", [["rebuild", VIEW], ["switch", VIEW, "1"], ["drop", VIEW, "1"], ["parked", "--retry"]]
)
def test_while_a_view_is_rebuilt_nobody_else_touches_its_generations(
    ehr: Command, database: str, command: list[str]
) -> None:
    ehr("migrate")
    with connect(database) as other:
        hold_alone(other, VIEW)
        code, _, complaint = ehr(*command)
    held = f"ehr: {VIEW} is being rebuilt, switched or retried already; try again after that"
    assert (code, complaint.splitlines()[-1]) == (1, held)


@pytest.mark.parametrize("command", ["rebuild", "project"])
def test_a_view_that_does_not_exist_is_refused_with_those_that_do(ehr: Command, command: str) -> None:
    code, _, complaint = ehr(command, "everything")
    assert code == 1
    assert complaint.startswith("ehr: no view is called everything; there are fhir_resources")


def test_nobody_is_parked_in_an_empty_record(ehr: Command) -> None:
    ehr("migrate")
    assert ehr("parked")[:2] == (0, "0 parked, 0 quarantined\n")
    assert ehr("parked", "--retry")[:2] == (0, "0 parked, 0 quarantined\n")


def test_settings_are_shown_without_the_password(ehr: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EHR_DATABASE_URL", "postgresql://ehr:hush@db/ehr")
    code, output, _ = ehr("settings")
    assert code == 0
    assert "EHR_PORT=8000\n" in output
    assert "EHR_DATABASE_URL=**********\n" in output
    assert "hush" not in output


def test_a_wrong_setting_is_told_in_one_line(ehr: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EHR_PROT", "9000")
    assert ehr("settings") == (1, "", "ehr: EHR_PROT: there is no such setting")


def test_without_a_database_the_way_out_is_told(ehr: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EHR_DATABASE_URL")
    code, _, complaint = ehr("migrate")
    assert (code, complaint) == (1, "ehr: no database: start `ehr run`, or name one in EHR_DATABASE_URL")


@pytest.mark.parametrize("command", [["project", VIEW], ["serve"]])
def test_long_running_commands_stop_when_told(
    database: str, ehr: Command, command: list[str], tmp_path: Path, free_port: int
) -> None:
    ehr("migrate")
    variables = {**os.environ, "EHR_DATABASE_URL": database, "EHR_PORT": str(free_port)}
    with (tmp_path / "log").open("w+") as log:
        process = subprocess.Popen([sys.executable, "-m", "backbone", *command], env=variables, stderr=log)
        connected = "select count(*) from pg_stat_activity where datname = current_database()"
        until(lambda: process.poll() is not None or value(database, connected) > 1, "it uses the database")
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) in (0, -signal.SIGTERM), (tmp_path / "log").read_text()
    assert "Traceback" not in (tmp_path / "log").read_text()

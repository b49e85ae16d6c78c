"""`ehr import` as it is typed."""

from io import StringIO
from pathlib import Path

import pytest
import typer
from rich.console import Console
from typer.testing import CliRunner

from backbone.importing.command import import_command
from backbone.importing.progress import ProgressBar
from backbone.importing.refusals import Refusal

APP = typer.Typer()
APP.command()(import_command)


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EHR_DATA", str(tmp_path / "data"))


def file(directory: Path, content: str) -> str:
    path = directory / "x.json"
    path.write_text(content)
    return str(path)


@pytest.mark.usefixtures("environment")
@pytest.mark.parametrize(
    ("content", "code", "said"),
    [
        ('{"resourceType":"Patient","id":"p"}', 0, "1 resources created, 0 updated"),
        ('{"resourceType":"Patient","gender":"Mrs"}', 1, "x.json Patient.gender: Not a code"),
        ("{", 1, "x.json: Input data was truncated. (invalid, not sent)"),
        ('{"note":1}', 0, "x.json: This is JSON, but no FHIR resource."),
    ],
)
def test_output_and_exit_code_tell_what_became_of_it(
    tmp_path: Path, server: str, content: str, code: int, said: str
) -> None:
    done = CliRunner().invoke(APP, [file(tmp_path, content), "--url", server])
    assert done.exit_code == code, done.output
    assert said in done.stdout


@pytest.mark.usefixtures("environment")
def test_it_finds_the_server_by_the_settings(
    tmp_path: Path, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EHR_PORT", server.rpartition(":")[2])
    command = [file(tmp_path, '{"resourceType":"Patient","id":"p"}'), "--facility", "45901"]
    assert CliRunner().invoke(APP, command).exit_code == 0
    second = CliRunner().invoke(APP, command)
    assert second.exit_code == 0
    assert "Nothing new: all 1 resources" in second.stdout


@pytest.mark.usefixtures("environment")
def test_what_cannot_run_ends_with_2(tmp_path: Path, server: str) -> None:
    done = CliRunner().invoke(APP, [str(tmp_path / "gone.json"), "--url", server])
    assert done.exit_code == 2
    assert "there is no such file or folder" in done.stdout


def test_wrong_settings_end_with_2(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EHR_PORT", "none")
    done = CliRunner().invoke(APP, [str(tmp_path)])
    assert done.exit_code == 2
    assert "EHR_PORT" in done.stderr


@pytest.mark.parametrize("one_terminal", [False, True])
def test_the_bar_shows_bytes_resources_speed_and_what_it_waits_for(one_terminal: bool) -> None:
    shown = Console(record=True, width=200, force_terminal=True, file=StringIO())
    lines = Console(record=True, width=40, force_terminal=one_terminal, file=StringIO())
    with ProgressBar(shown, lines) as bar:
        bar.begin(2**20)
        bar.advance(2**19, 1234)
        bar.refuse(Refusal("x.json", "entry[3]", "No such [code]."))
        bar.note("waiting for the server: HTTP 503")
    bar_text, refused = shown.export_text(), "x.json entry[3]: No such [code]. (invalid, not sent)\n"
    for part in ("50%", "0.5/1.0 MiB", "1,234 resources", "/s", "waiting for the server: HTTP 503"):
        assert part in bar_text
    assert (lines.export_text(), refused in bar_text) == (("", True) if one_terminal else (refused, False))

"""The whole way, as a new user goes it: `ehr run`, the README's tour, a page in a browser, Ctrl-C."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.backbone.waiting import until

ROOT = Path(__file__).parents[2]
TOUR = re.findall(
    r"<!-- tour -->\n```sh\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf8"), re.DOTALL
)


@dataclass(frozen=True)
class House:
    """A running `ehr run`."""

    process: subprocess.Popen[str]
    environment: dict[str, str]
    address: str


@contextmanager
def running(data: Path) -> Iterator[House]:
    """`ehr run` on an empty record, once it has said `ready:`."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {**os.environ, "EHR_PORT": str(port), "EHR_DATA": str(data), "EHR_DEMO": "none"}
    command = [sys.executable, "-m", "backbone", "run"]
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        said = []
        for line in process.stdout:
            said.append(line)
            if line.startswith("ready:"):
                break
        assert said[-1].startswith("ready:"), "".join(said)
        yield House(process, environment, f"http://127.0.0.1:{port}")
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate()


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    place = tmp_path_factory.mktemp("whole-way")
    for directory in (place, *place.parents[:3]):
        directory.chmod(directory.stat().st_mode | 0o711)
    with running(place / "data") as house:
        yield house


def tour(house: House, number: int) -> str:
    """What a block of the README's tour prints."""
    block = TOUR[number].replace("http://127.0.0.1:8000", house.address)
    block = block.replace(".venv/bin/ehr", f"{sys.executable} -m backbone")
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", block],
        cwd=ROOT,
        env=house.environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def documents(text: str) -> list[dict[str, object]]:
    """JSON documents that follow each other."""
    found, decoder = [], json.JSONDecoder()
    while text := text.lstrip():
        document, end = decoder.raw_decode(text)
        found.append(document)
        text = text[end:]
    return found


def test_registering_twice_gives_one_patient(house: House) -> None:
    (first,) = documents(tour(house, 0))
    (second,) = documents(tour(house, 0))
    assert first["resourceType"] == "Patient"
    assert first == second


def test_a_visit_sent_twice_is_stored_once(house: House) -> None:
    found, first = documents(tour(house, 1))
    _, second = documents(tour(house, 1))
    assert len(found["entry"]) == 1  # type: ignore[arg-type]
    assert [entry["response"]["status"] for entry in first["entry"]] == ["201 Created"] * 2  # type: ignore[attr-defined]
    assert first == second


def test_what_is_wrong_is_told_with_its_place(house: House) -> None:
    (outcome,) = documents(tour(house, 2))
    assert outcome["resourceType"] == "OperationOutcome"
    assert [issue["expression"] for issue in outcome["issue"]] == [["Patient.birthDate"]]  # type: ignore[attr-defined]


def test_looking_after_it(house: House) -> None:
    printed = tour(house, 4)
    assert '"resourceType":"CapabilityStatement"' in printed
    assert "generation 2 of fhir_resources serves now" in printed
    assert "0 parked, 0 quarantined" in printed


def test_the_visit_is_on_the_clinicians_page(house: House, browser: Browser) -> None:
    page = browser.new_page()
    page.goto(house.address)
    page.locator("#search").fill("ho thi thu 1990")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Hồ Thị Thử").click()
    expect(page.get_by_text("20/11/2026").first).to_be_visible()
    expect(page.locator("body")).to_contain_text("38,50")
    page.close()


def test_whoever_is_registered_twice_is_asked_about(house: House, browser: Browser) -> None:
    (patient,) = documents(tour(house, 3))
    page = browser.new_page()
    until(lambda: pairs_on_review(page, house) == 1, "the two are proposed")
    page.locator("a[href^='/review/'][href*='{}']".format(patient["id"])).first.click()
    page.locator("input[name=act][value=link]").check()
    page.locator("input[name=ground][value=papers]").check()
    page.locator("form.decision button").click()
    until(lambda: "38,50" in shown_of(page, house, patient), "both charts are one")
    page.close()


def pairs_on_review(page: Page, house: House) -> int:
    page.goto(f"{house.address}/review")
    return page.locator("[data-row]").count()


def shown_of(page: Page, house: House, patient: dict[str, object]) -> str:
    page.goto(f"{house.address}/citizens/{patient['id']}")
    return page.locator("body").inner_text()


def test_ctrl_c_leaves_nothing_behind(house: House) -> None:
    house.process.send_signal(signal.SIGINT)
    assert house.process.wait(60) == 0
    data = house.environment["EHR_DATA"].encode()
    assert [pid for pid in Path("/proc").iterdir() if pid.name.isdigit() and data in _told(pid)] == []


def _told(process: Path) -> bytes:
    """Command line and environment of a process."""
    try:
        return (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
    except OSError:
        return b""

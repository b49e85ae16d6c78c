"""`python -m simulation`."""

import asyncio
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from itertools import islice
from pathlib import Path

import orjson
import pytest

from simulation.__main__ import main
from simulation.clock import INDOCHINA_TIME
from simulation.province import Province
from tests.simulation.looking import Json
from tests.simulation.stub import Answering, Reply, Request, Stub, listening

ROOT = Path(__file__).parents[2]
SMALL = ["--citizens", "5", "--seed", "4", "--months", "3"]


@contextmanager
def beside(answering: Answering) -> Iterator[Stub]:
    """The stub in a thread of its own."""
    ready, stopped, held = threading.Event(), asyncio.Event(), list[tuple[Stub, asyncio.AbstractEventLoop]]()

    async def run() -> None:
        async with listening(answering) as stub:
            held.append((stub, asyncio.get_running_loop()))
            ready.set()
            await stopped.wait()

    thread = threading.Thread(target=asyncio.run, args=(run(),), daemon=True)
    thread.start()
    assert ready.wait(10)
    stub, loop = held[0]
    try:
        yield stub
    finally:
        loop.call_soon_threadsafe(stopped.set)
        thread.join()


def test_bundles_are_written_in_the_order_of_sending(tmp_path: Path) -> None:
    assert main([*SMALL, "--write", str(tmp_path)]) == 0
    written = [path.read_bytes() for path in sorted(tmp_path.iterdir())]
    assert written == [sending.body for sending in Province(4, 5, months=3)]
    assert {orjson.loads(body)["type"] for body in written} == {"transaction"}


def test_a_second_run_sends_the_same_keys_and_can_write_beside(tmp_path: Path) -> None:
    with beside(lambda _: Reply()) as stub:
        assert main([*SMALL, "--base", stub.address]) == 0
        first = {request.headers["idempotency-key"] for request in stub.requests}
        assert main([*SMALL, "--base", stub.address, "--write", str(tmp_path)]) == 0
        assert {request.headers["idempotency-key"] for request in stub.requests} == first
    assert len(list(tmp_path.iterdir())) == len(first)


def test_ctrl_c_ends_it_and_the_next_start_goes_on() -> None:
    stopping = threading.Event()

    def slowly(_: Request) -> Reply:
        if len(stub.requests) > 20 and not stopping.is_set():
            stopping.set()
            command.send_signal(signal.SIGINT)
        return Reply()

    with beside(slowly) as stub:
        options = [sys.executable, "-m", "simulation", "--citizens", "200", "--base", stub.address]
        command = subprocess.Popen(options, cwd=ROOT, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)
        _, told = command.communicate(timeout=60)
        assert command.returncode == 130
        assert told.decode().strip() == "stopped: the next start goes on from here"
        first = {request.headers["idempotency-key"] for request in stub.requests}
        again = {sending.idempotency_key for sending in islice(Province(1, 200), 500)}
        assert first <= again


def test_refusals_are_told_and_seen_in_the_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    body = orjson.dumps(
        {"resourceType": "OperationOutcome", "issue": [{"code": "invalid", "diagnostics": "because"}]}
    )
    with beside(lambda _: Reply(400, body=body)) as stub:
        assert main([*SMALL, "--base", stub.address]) == 1
    told = capsys.readouterr().err
    assert "invalid because" in " ".join(told.split())
    assert "more" in told.splitlines()[-1]


def test_the_period_can_end_today(tmp_path: Path) -> None:
    assert main([*SMALL, "--until", "today", "--write", str(tmp_path)]) == 0
    days = [e["period"]["start"][:10] for e in _encounters(tmp_path)]
    today = datetime.now(INDOCHINA_TIME).date()
    assert days
    assert all(today - timedelta(days=95) <= date.fromisoformat(day) <= today for day in days)


def _encounters(directory: Path) -> Iterator[Json]:
    for path in directory.iterdir():
        entries = orjson.loads(path.read_bytes())["entry"]
        yield from (e["resource"] for e in entries if e["resource"]["resourceType"] == "Encounter")


@pytest.mark.parametrize(
    "options",
    [
        [],
        ["--write", "x", "--province", "45"],
        ["--write", "x", "--citizens", "2000000"],
        ["--until", "never"],
    ],
    ids=["nothing to do", "province", "citizens", "day"],
)
def test_wrong_options_are_refused(options: list[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(options)
    assert stopped.value.code == 2

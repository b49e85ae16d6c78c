"""A broker that is started again is waited for by nobody."""

from pathlib import Path

import pytest

from backbone import reviving
from backbone.broker.broker import StartFailed
from backbone.embedded_kafka import EmbeddedKafka
from backbone.reviving import RevivedBroker

ENDED, AGAIN = "Kafka ended; starting it again", "Kafka serves again"


class Scripted(EmbeddedKafka):
    """No broker, but what one does. trouble: what comes of its start; serves: whether it does by then."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        self.runs = self.serves = False
        self.trouble: Exception | None = None
        self.begun = 0

    def is_running(self, *_: int) -> bool:
        return self.runs

    def begin(self, *_: int) -> list[int]:
        self.begun += 1
        if self.trouble:
            raise self.trouble
        self.runs = True
        return [1]

    def is_ready(self, *_: int) -> bool:
        if not self.runs:
            raise StartFailed("broker 1 did not start: it said nothing")
        return self.serves

    def launch(self, *_: int) -> None:
        pytest.fail("it is waited for")

    def kill(self, *_: int) -> None:
        self.runs = False


@pytest.fixture
def kafka(tmp_path: Path) -> Scripted:
    return Scripted(tmp_path)


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def broker(kafka: Scripted, said: list[str]) -> RevivedBroker:
    return RevivedBroker(kafka, said.append)


def test_it_is_started_once_and_then_asked(kafka: Scripted, broker: RevivedBroker, said: list[str]) -> None:
    for _ in range(3):
        broker.look_after()
    assert (kafka.begun, said) == (1, [ENDED])
    kafka.serves = True
    for _ in range(3):
        broker.look_after()
    assert (kafka.begun, said) == (1, [ENDED, AGAIN])
    kafka.runs = False
    broker.look_after()
    assert (kafka.begun, said) == (2, [ENDED, AGAIN, ENDED])


def test_one_that_hangs_while_it_starts_is_killed(
    kafka: Scripted, broker: RevivedBroker, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reviving, "START_SECONDS", -1.0)
    broker.look_after()
    broker.look_after()
    assert not kafka.runs
    assert "did not serve within" in said[-1]
    broker.look_after()
    assert kafka.begun == 1, "it is too early"


@pytest.mark.parametrize("trouble", [FileNotFoundError("tmp"), StartFailed("broker 1 did not start")])
def test_one_that_cannot_be_started_is_tried_again(
    kafka: Scripted,
    broker: RevivedBroker,
    said: list[str],
    monkeypatch: pytest.MonkeyPatch,
    trouble: Exception,
) -> None:
    monkeypatch.setattr(reviving, "AGAIN_SECONDS", -1.0)
    kafka.trouble = trouble
    for _ in range(2):
        broker.look_after()
    assert kafka.begun == 2
    assert said[-1].startswith(f"Kafka does not start: {trouble}; trying again")
    kafka.trouble, kafka.serves = None, True
    for _ in range(2):
        broker.look_after()
    assert said[-1] == AGAIN


def test_one_that_ends_while_it_starts_is_tried_again(
    kafka: Scripted, broker: RevivedBroker, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reviving, "AGAIN_SECONDS", -1.0)
    broker.look_after()
    kafka.runs = False
    broker.look_after()
    assert "it said nothing" in said[-1]
    broker.look_after()
    assert kafka.begun == 2

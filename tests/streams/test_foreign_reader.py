"""The reader of docs/log.md, as the page has it: another client library, and nothing of this project."""

import ast
import re
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from ehr.compression import DICTIONARIES
from ehr.event_store.notifications import NotificationRow, Notifications
from ehr.linking import Act
from ehr.values import subject_of
from streams.broker import Access, Place, Writer
from streams.log_record import to_record
from streams.recorded_fact import RecordedFact, entry_of
from streams.relay import refill
from tests.pairing import judge_all, judgement
from tests.stating import migrated, observation, patient, request, state_all, update
from tests.streams.relaying import way

ROOT = Path(__file__).parents[2]
BLOCKS = re.findall(
    r"<!-- reader -->\n```python\n(.*?)```", (ROOT / "docs" / "log.md").read_text(encoding="utf8"), re.DOTALL
)
CITIZEN = "019b0000-0000-7000-8000-000000000001"
OTHER = "019b0000-0000-7000-8000-000000000002"


def read(code: str, place: Place, access: Access, directory: Path) -> subprocess.CompletedProcess[str]:
    """What the reader prints, run where it can find nothing of this project but the dictionary."""
    script = directory / "reader.py"
    script.write_text(code, encoding="utf8")
    dictionary = DICTIONARIES / "1.zdict"
    arguments = [access.servers, place.topic, CITIZEN, str(dictionary)]
    return subprocess.run(
        [sys.executable, "-I", str(script), *arguments],
        cwd=directory,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def state(url: str, number: int) -> None:
    """A visit's worth of facts for two citizens, several flushes."""
    for who in (CITIZEN, OTHER):
        registered = update({**patient(f"Hồ Thị Thử {number}"), "id": who})
        results = [update({**observation(who, n), "id": f"{who}-{number}-{n}"}) for n in range(3)]
        state_all(url, request(registered, *results), request(results[0]))
    judge_all(url, judgement(Act.UNLINK if number % 2 else Act.LINK, CITIZEN, OTHER))


@pytest.fixture
def stored(database: str, kafka: Access, place: Place) -> list[NotificationRow]:
    """Facts that were relayed in three goes; after each, a relay that was cut off came late with old ones."""
    migrated(database)
    for number in range(3):
        state(database, number)
        end = refill(way(database, kafka, place))
        facts = all_of(database)
        assert end == len(facts)
        with closing(Writer(kafka, place)) as late:
            assert late.write([to_record(fact) for fact in facts[1:-1]]) == len(facts) - 2
    return facts


def all_of(url: str) -> list[NotificationRow]:
    """What the store has."""
    with closing(Notifications(url)) as notifications:
        return list(notifications.read(0, 1000))


def expected(facts: list[NotificationRow]) -> list[str]:
    """What the reader is to print, read from the store."""
    lines = []
    for fact in map(entry_of, facts):
        assert isinstance(fact, RecordedFact)
        if fact.subject != subject_of(f"Patient/{CITIZEN}"):
            continue
        lines.append(f"{fact.position} {type(fact.fact).__name__} {fact.last_updated}")
        for one in fact.resources:
            version = one.version
            named = f"{version.type}/{version.id} {version.version} {version.action}"
            lines.append(f"  {named} {one.body.decode()}")
    return lines


def test_the_reader_of_the_page_reads_one_citizen(
    stored: list[NotificationRow], kafka: Access, place: Place, tmp_path: Path
) -> None:
    (code,) = BLOCKS
    done = read(code, place, kafka, tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    wanted = expected(stored)
    assert len(wanted) > 10
    assert done.stdout.splitlines() == wanted


def test_what_it_drops_is_there(
    stored: list[NotificationRow], kafka: Access, place: Place, tmp_path: Path
) -> None:
    (code,) = BLOCKS
    dropping = "    if position <= last:\n        continue"
    assert dropping in code
    keeping = code.replace(dropping, "    if position <= last:\n        last = position - 1")
    printed = read(keeping, place, kafka, tmp_path).stdout.splitlines()
    assert len(printed) > len(set(printed))


def test_it_says_that_a_position_is_missing(
    stored: list[NotificationRow], kafka: Access, place: Place, tmp_path: Path
) -> None:
    (code,) = BLOCKS
    with closing(Writer(kafka, place)) as writer:
        end = stored[-1].position
        assert writer.write([to_record(stored[-1]._replace(position=end + 2))]) == 1
    done = read(code, place, kafka, tmp_path)
    assert done.returncode == 1
    assert f"position {end + 1} is missing" in done.stderr


def test_it_imports_nothing_of_this_project() -> None:
    (code,) = BLOCKS
    imported = set()
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            imported |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add(node.module or "")
    assert imported <= {"confluent_kafka", "msgspec", "zstandard", *sys.stdlib_module_names}

"""What `ehr run` is put together from."""

from datetime import datetime
from pathlib import Path

import pytest

from backbone.running import Demo
from backbone.settings import Settings
from backbone.wiring import VIEWS, parts
from ehr.dates import ZONE
from tests.stating import create, looking, migrated, on_record, patient, request, value


@pytest.fixture
def record(database: str) -> str:
    """The URL of a record without a fact."""
    return migrated(database)


def _demo(data: Path, record: str) -> Demo | None:
    return parts(Settings(data=data, port=8000)).demo(record)


def _until(data: Path, record: str) -> str:
    demo = _demo(data, record)
    assert demo
    return demo.program.command[-1]


def _state_something(record: str) -> None:
    on_record(record, lambda health_record: health_record.state(request(create(patient("Thử")))))


def test_the_demo_ends_on_the_day_on_which_it_was_begun(tmp_path: Path, record: str) -> None:
    before = datetime.now(ZONE).date().isoformat()
    begun = _until(tmp_path, record)
    assert before <= begun <= datetime.now(ZONE).date().isoformat()
    [kept] = tmp_path.iterdir()
    kept.write_text("2026-01-31")
    assert _until(tmp_path, record) == "2026-01-31"


def test_a_demo_that_was_filled_is_not_filled_again(tmp_path: Path, record: str) -> None:
    demo = _demo(tmp_path, record)
    assert demo
    demo.finished.touch()
    assert _demo(tmp_path, record) is None


def test_a_record_that_holds_something_else_is_not_filled(tmp_path: Path, record: str) -> None:
    _state_something(record)
    assert _demo(tmp_path, record) is None
    assert list(tmp_path.iterdir()) == []


def test_a_filling_that_was_interrupted_goes_on(tmp_path: Path, record: str) -> None:
    begun = _until(tmp_path, record)
    _state_something(record)
    assert _until(tmp_path, record) == begun


def test_a_start_rebuilds_what_other_code_has_built(database: str, tmp_path: Path) -> None:
    prepare = parts(Settings(data=tmp_path, port=8000)).prepare
    prepare(database)
    with looking(database) as connection:
        connection.execute("update views.generations set code_version = 7")
    prepare(database)
    built = "select array_agg(generation::text) from views.generations where state = 'serving'"
    assert value(database, f"{built} and code_version < 7") == ["2"] * len(VIEWS)

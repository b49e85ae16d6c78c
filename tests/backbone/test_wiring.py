"""What `ehr run` is put together from."""

from datetime import datetime
from pathlib import Path

from backbone.settings import Settings
from backbone.wiring import parts
from ehr.dates import ZONE
from tests.stating import looking, value


def _until(data: Path) -> str:
    demo = parts(Settings(data=data, port=8000)).demo()
    assert demo
    return demo.program.command[-1]


def test_the_demo_ends_on_the_day_on_which_it_was_begun(tmp_path: Path) -> None:
    before = datetime.now(ZONE).date().isoformat()
    begun = _until(tmp_path)
    assert before <= begun <= datetime.now(ZONE).date().isoformat()
    [kept] = tmp_path.iterdir()
    kept.write_text("2026-01-31")
    assert _until(tmp_path) == "2026-01-31"


def test_a_demo_that_was_filled_is_not_filled_again(tmp_path: Path) -> None:
    demo = parts(Settings(data=tmp_path, port=8000)).demo()
    assert demo
    demo.finished.touch()
    assert parts(Settings(data=tmp_path, port=8000)).demo() is None


def test_a_start_rebuilds_what_other_code_has_built(database: str, tmp_path: Path) -> None:
    prepare = parts(Settings(data=tmp_path, port=8000)).prepare
    prepare(database)
    with looking(database) as connection:
        connection.execute("update views.generations set code_version = 7")
    prepare(database)
    serving = "select array_agg(distinct (generation, code_version)::text) from views.generations"
    assert value(database, f"{serving} where state = 'serving'") == ["(2,1)"]

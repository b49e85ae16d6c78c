"""Keys are made once and kept."""

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from backbone.keys import kept_key


def test_a_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "new" / "page.key"
    key = kept_key(file, 64)
    assert len(key) == 64
    assert kept_key(file, 64) == key
    assert file.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in file.parent.iterdir()] == ["page.key"]


def test_two_installations_have_two_keys(tmp_path: Path) -> None:
    assert kept_key(tmp_path / "one", 32) != kept_key(tmp_path / "two", 32)


def test_processes_that_begin_at_once_are_given_one_key(tmp_path: Path) -> None:
    files = [tmp_path / "page.key"] * 16
    with ProcessPoolExecutor(4, get_context("spawn")) as pool:
        keys = set(pool.map(kept_key, files, [64] * 16))
    assert len(keys) == 1

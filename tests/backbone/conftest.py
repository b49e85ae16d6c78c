"""Fixtures of the tests that start processes."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def open_temporary_directory() -> Iterator[Path]:
    """A directory that other users can pass through, which pytest's own temporary directories forbid."""
    with tempfile.TemporaryDirectory(prefix="ehr-test-") as place:
        Path(place).chmod(0o711)
        yield Path(place)


@pytest.fixture
def open_directory() -> Iterator[Path]:
    """A directory that other users can pass through, for one test."""
    with open_temporary_directory() as place:
        yield place

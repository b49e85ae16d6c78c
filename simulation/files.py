"""Sendings as files: one transaction Bundle each, numbered in the order of sending."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from simulation.province import Sending


def written(directory: Path, sendings: Iterable[Sending]) -> Iterator[Sending]:
    """Pass the sendings on, each after its bundle was written to `directory` as NNNNNNN-facility.json."""
    directory.mkdir(parents=True, exist_ok=True)
    for number, sending in enumerate(sendings, start=1):
        (directory / f"{number:07d}-{sending.facility}.json").write_bytes(sending.body)
        yield sending

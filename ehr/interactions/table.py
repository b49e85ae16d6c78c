"""Pairs of medicines that are said to interact, by their codes of ATC (https://atcddd.fhi.no/atc_ddd_index/).

README.md beside this file says how they were chosen, and what the table is not.
"""

from collections.abc import Sequence
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Final

import msgspec

_FILE: Final = Path(__file__).with_name("interactions.json")


class Severity(StrEnum):
    """How its source says it, the gravest first: not to be combined; to be avoided, or only where nothing
    else will do; to be watched."""

    CONTRAINDICATED = "contraindicated"
    AVOID = "avoid"
    CAUTION = "caution"


class Interaction(msgspec.Struct, frozen=True):
    """One line. first, second: codes of ATC, or the beginnings of all codes of a group. vi, en: what the
    source says. source: what it is, with its year; url: where it was read."""

    first: tuple[str, ...]
    second: tuple[str, ...]
    severity: Severity
    vi: str
    en: str
    source: str
    url: str

    def said(self, language: str) -> str:
        """In Vietnamese, or in English for any other language."""
        return self.vi if language == "vi" else self.en


class Table(msgspec.Struct, frozen=True):
    """All of it. version: the day of its last change. verified: whether a clinician has checked it."""

    version: str
    verified: bool
    interactions: tuple[Interaction, ...]


@cache
def table() -> Table:
    """The table as it is shipped."""
    return msgspec.json.decode(_FILE.read_bytes(), type=Table)


@cache
def gravest_first() -> Sequence[Interaction]:
    """Its lines in order of severity."""
    return sorted(table().interactions, key=lambda line: list(Severity).index(line.severity))


def is_of(code: str, groups: Sequence[str]) -> bool:
    """Whether a code of ATC belongs to one of these groups, or is one of these codes."""
    return code.strip().upper().startswith(tuple(groups))

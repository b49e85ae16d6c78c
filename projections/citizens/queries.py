"""Looks people up: by number, or by name with or without accents."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

from ehr.sql import load_queries
from projections.citizens.typed import Typed, read_typed
from projections.database import Reader

queries = load_queries(Path(__file__).with_name("queries.sql"))

MOST = 50
"""People that a look-up shows."""

_LAST = "\U0010ffff"
"""Sorts behind every letter."""


class Found(NamedTuple):
    """A person that was found.

    found_as: the name that matched, not always ``name``; None when a number did.
    birth_date, deceased_on, last_started: FHIR dates, possibly partial. last_facility: where the person was
    seen last, as projections.facilities names facilities. seen_here, same_commune: as the look-up asked.
    """

    id: str
    name: str
    found_as: str | None
    sex: str | None
    birth_date: str | None
    commune_name: str | None
    province_name: str | None
    address: str | None
    deceased: bool
    deceased_on: str | None
    active: bool
    last_facility: str | None
    last_started: str | None
    seen_here: bool
    same_commune: bool


class Lookup(NamedTuple):
    """What was found. exact: by number, or with every typed word whole. begun: with names in which a word
    begins as the last typed one. more: whether there are more than are shown."""

    exact: list[Found]
    begun: list[Found]
    more: bool


class Here(NamedTuple):
    """From where somebody looks: what the own facility is called (facilities.queries), and its commune."""

    facilities: Sequence[str] = ()
    commune: str | None = None


ANYWHERE = Here()


class _Candidate(NamedTuple):
    """spelled: the name that matched; accents: how many of its words are accented as typed."""

    subject: UUID
    spelled: str | None = None
    accents: int = 0


async def look_up(connection: Reader, text: str, here: Here = ANYWHERE) -> Lookup:
    """People whom ``text`` (what somebody typed or scanned) may mean, at most MOST, the likeliest first."""
    typed = read_typed(text)
    exact = await _people(connection, await _with_number(connection, typed, text.strip()), here)
    if not exact and typed.words:
        exact = await _people(connection, await _with_name(connection, typed, here), here)
    begun: list[Found] = []
    if typed.words and len(exact) <= MOST:
        known = {found.id for found in exact}
        more = await _people(connection, await _with_name(connection, typed, here, begun=True), here)
        begun = [one for one in more if one.id not in known]
    return Lookup(exact[:MOST], begun[: MOST - len(exact[:MOST])], len(exact) + len(begun) > MOST)


async def _with_number(connection: Reader, typed: Typed, text: str) -> list[_Candidate]:
    if not typed.number:
        return []
    values = {"number": typed.number, "telephone": typed.telephone, "id": text}
    cursor = await connection.execute(queries["with_number"], values)
    return [_Candidate(*row) for row in await cursor.fetchall()]


async def _with_name(
    connection: Reader, typed: Typed, here: Here, *, begun: bool = False
) -> list[_Candidate]:
    """begun: the last word is the beginning of one."""
    whole = typed.words[:-1] if begun else typed.words
    start = [typed.begun] if begun else []
    values = {
        "lows": [*whole, *start],
        "highs": [*(f"{word} " for word in whole), *(word + _LAST for word in start)],
        "patterns": [
            *(f"% {_literal(word)} %" for word in whole),
            *(f"% {_literal(word)}%" for word in start),
        ],
        "accented": typed.accented[: len(whole)],
        "earliest": typed.birth.earliest,
        "latest": typed.birth.latest,
    }
    cursor = await connection.execute(queries["with_name"], values | _bounds(here))
    return [_Candidate(*row) for row in await cursor.fetchall()]


async def _people(connection: Reader, candidates: list[_Candidate], here: Here) -> list[Found]:
    """One more than can be shown, when there are more."""
    best: dict[UUID, _Candidate] = {}
    for one in candidates:
        best.setdefault(one.subject, one)
    columns = {
        "subjects": list(best),
        "spelled": [one.spelled for one in best.values()],
        "accents": [one.accents for one in best.values()],
    }
    cursor = await connection.execute(queries["people"], columns | _bounds(here))
    return [Found(*row) for row in await cursor.fetchall()]


def _bounds(here: Here) -> dict[str, Any]:
    return {"here": list(here.facilities), "commune": here.commune, "limit": MOST + 1}


def _literal(word: str) -> str:
    """The word as a part of a LIKE pattern."""
    return re.sub(r"([\\%_])", r"\\\1", word)

"""Looks people up: by number, or by name with or without accents."""

import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

from ehr.communes.table import communes_today
from ehr.dates import Span
from ehr.formats.warning_codes import WarningCode
from ehr.sql import load_queries
from projections.citizens.typed import Name, Typed, read_typed, similar_names
from projections.citizens.words import word_keys
from projections.database import Reader, planned_for_values

queries = load_queries(Path(__file__).with_name("queries.sql"))

MOST = 50
"""People that a look-up shows."""

BOUNDS = {
    "most_begun": 200,
    "most_read": 20_000,
    "most_matched": 5_000,
    "most_names": 1_000,
    "most_known": 1_000,
}
"""What a search by name reads at most: words that begin as the last typed one, names with the rarest typed
words, of these such with all of them, the likeliest of those whose bearers are looked for, and bearers who
are known here. What is beyond is cut."""

_EXACT = 1_000
"""More likeness than accents and order of words make."""

MOST_NUMBERED = 200
"""People with a number that are looked at; a station may state its own telephone for everybody."""

_NO_NUMBERS: Mapping[str, Any] = {"numbers": [], "telephones": [], "id": None}
_NO_CANDIDATES: Mapping[str, Any] = {"subjects": [], "spelled": [], "likeness": []}

_LAST = "\U0010ffff"
"""Sorts behind every letter."""


class Found(NamedTuple):
    """A Patient that was found, of a subject.

    found_as: the name that matched, not always ``name``; None when a number did.
    birth_date, deceased_on, last_started: FHIR dates, possibly partial. last_facility: where the person was
    seen last, as projections.facilities names facilities. seen_here, same_commune: as the look-up asked.
    former: the number by which it was found is not in use any more, by what it says, or was taken out of it.
    likeness: how well it fits, of all that one look-up finds. linked: whether it is one person with others.
    """

    subject: UUID
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
    former: bool
    likeness: int
    linked: bool

    @property
    def rank(self) -> tuple[int, bool, bool, bool, bool]:
        """In what order those who were found go, the likeliest first; of equal ones as they were found."""
        return -self.likeness, self.former, not self.seen_here, not self.same_commune, not self.active


class Lookup(NamedTuple):
    """What was found.

    exact: by number, or with every typed word whole. begun: with names in which a word begins as the last
    typed one. similar: where there is neither, what may have been meant. more: whether there are more than
    are shown. cut: whether the name is so common that not all who bear it were looked at. warnings: what to
    look at twice of what was typed or scanned.
    """

    exact: list[Found]
    begun: list[Found]
    more: bool
    similar: Sequence[Found] = ()
    cut: bool = False
    warnings: tuple[WarningCode, ...] = ()


class Seen(NamedTuple):
    """A visit of a Patient. started: FHIR date. facility: as projections.facilities names facilities."""

    patient: str
    encounter: str
    started: str
    facility: str | None


class Here(NamedTuple):
    """From where somebody looks: what the own facility is called (facilities.queries), and its commune."""

    facilities: Sequence[str] = ()
    commune: str | None = None


ANYWHERE = Here()


class _Candidate(NamedTuple):
    """spelled: the name that matched; likeness: how well, of all candidates of one search."""

    subject: UUID
    spelled: str | None = None
    likeness: int = 0


class _Some(NamedTuple):
    """One more than can be shown, when there are more. cut: whether there may be still more."""

    candidates: Sequence[_Candidate] = ()
    cut: bool = False


_NOBODY = _Some()


async def look_up(connection: Reader, text: str, here: Here = ANYWHERE) -> Lookup:
    """People whom ``text`` (what somebody typed or scanned) may mean, at most MOST, the likeliest first.

    Names are looked for where no number is found that is in use: also that of a card whose number nobody has.
    """
    typed = read_typed(text)
    people = await _with_number(connection, typed, here)
    if not all(one.former for one in people) or not typed.name.words:
        found = Lookup(people[:MOST], [], len(people) > MOST)
    else:
        found = _and_former(await _with_name(connection, typed.name, here), people)
    return found._replace(warnings=typed.warnings)


async def patients(connection: Reader, subjects: Collection[UUID], here: Here = ANYWHERE) -> list[Found]:
    """All that are there of some Patients, whatever is looked for."""
    everybody = [_Candidate(subject) for subject in subjects]
    return await _people(connection, everybody, here, limit=len(everybody))


async def seen_with(
    connection: Reader, system: str, keys: Sequence[str], period: Span, but: Collection[UUID]
) -> list[Seen]:
    """Visits that began in a period, of other Patients who bear one of the numbers (numbers.number_key).

    but: subjects of Patients that do not count. At most MOST visits, of MOST_NUMBERED Patients.
    """
    bounds = {"most_numbered": MOST_NUMBERED, "limit": MOST}
    whom = {"keys": list(keys), "system": system, "but": list(but)}
    values = {**whom, **bounds, "since": period.start, "until": period.end}
    cursor = await connection.execute(queries["seen_with"], values)
    return [Seen(*row) for row in await cursor.fetchall()]


def _and_former(found: Lookup, numbered: Sequence[Found]) -> Lookup:
    """Behind those who bear the name, whoever had the number and is not among them: it may have been written
    down there by mistake."""
    named = {one.subject for one in (*found.exact, *found.begun, *found.similar)}
    former = [one for one in numbered if one.subject not in named][:MOST]
    exact = [*found.exact[: MOST - len(former)], *former]
    return found._replace(exact=exact, more=found.more or len(exact) < len(found.exact) + len(former))


async def _with_name(connection: Reader, name: Name, here: Here) -> Lookup:
    found = await _exact_and_begun(connection, name, here)
    if found.exact or found.begun:
        return found
    for other in similar_names(name):
        similar = await _named(connection, other, here)
        if similar.candidates:
            people = await _people(connection, similar.candidates, here)
            return found._replace(similar=people[:MOST], more=len(people) > MOST, cut=similar.cut)
    return found


async def _exact_and_begun(connection: Reader, name: Name, here: Here) -> Lookup:
    """After a whole name comes a birth date: whoever is found then needs no beginnings."""
    exact = await _named(connection, name, here)
    begun = _NOBODY
    if len(exact.candidates) <= MOST and not (exact.candidates and name.birth.text):
        begun = await _named(connection, name, here, begun=True)
    first = [one._replace(likeness=one.likeness + _EXACT) for one in exact.candidates]
    people = await _people(connection, [*first, *begun.candidates], here)
    known = {one.subject for one in first}
    return Lookup(
        exact=[one for one in people[:MOST] if one.subject in known],
        begun=[one for one in people[:MOST] if one.subject not in known],
        more=len(people) > MOST,
        cut=exact.cut or begun.cut,
    )


async def _with_number(connection: Reader, typed: Typed, here: Here) -> list[Found]:
    if not (typed.numbers or typed.telephones or typed.id):
        return []
    numbers = {"numbers": list(typed.numbers), "telephones": list(typed.telephones), "id": typed.id}
    return await _shown(connection, {**numbers, **_NO_CANDIDATES}, here)


async def _named(connection: Reader, name: Name, here: Here, *, begun: bool = False) -> _Some:
    """begun: the last word is the beginning of one."""
    values = {**_words(name, begun=begun), **_places(name, here), **BOUNDS}
    birth = {"earliest": name.birth.earliest, "latest": name.birth.latest}
    async with planned_for_values(connection):
        cursor = await connection.execute(queries["with_name"], {**values, **birth, "limit": MOST + 1})
        rows = await cursor.fetchall()
    return _Some([_Candidate(*row) for _, *row in rows if row[0]], rows[0][0])


def _words(name: Name, *, begun: bool) -> dict[str, Any]:
    """keys: what every name holds that is looked for. words: the whole ones, of which each goes with a begun
    one. start, finish: between them is what begins as the last word; whole: but for that itself."""
    whole = name.words[:-1] if begun else name.words
    called = " ".join(map(_literal, name.words))
    return {
        "keys": word_keys(whole),
        "words": whole,
        "start": name.begun if begun else None,
        "finish": name.begun + _LAST if begun else None,
        "whole": name.words[-1],
        "patterns": [
            *(f"% {_literal(word)} %" for word in whole),
            *([f"% {_literal(name.begun)}%"] if begun else []),
        ],
        "accented": name.accented[: len(whole)],
        "called": "" if begun else f"% {called} ",
    }


def _places(name: Name, here: Here) -> dict[str, Any]:
    """Where to look first; with communes that were named, nowhere else."""
    communes = name.communes or _communes(here)
    facilities = [] if name.communes else here.facilities
    places = [*(f"f{facility}" for facility in facilities), *(f"c{code}" for code in sorted(communes))]
    return {"places": places, "anywhere": not name.communes}


def _communes(here: Here) -> tuple[str, ...]:
    return communes_today(here.commune) if here.commune else ()


async def _people(
    connection: Reader, candidates: Sequence[_Candidate], here: Here, limit: int = MOST + 1
) -> list[Found]:
    if not candidates:
        return []
    best: dict[UUID, _Candidate] = {}
    for one in candidates:
        best.setdefault(one.subject, one)
    columns = {
        "subjects": list(best),
        "spelled": [one.spelled for one in best.values()],
        "likeness": [one.likeness for one in best.values()],
    }
    return await _shown(connection, {**columns, **_NO_NUMBERS}, here, limit)


async def _shown(
    connection: Reader, whom: Mapping[str, Any], here: Here, limit: int = MOST + 1
) -> list[Found]:
    """Unless more are asked for, at most one more than can be shown."""
    bounds = {"most_numbered": MOST_NUMBERED, "limit": limit}
    places = {"here": list(here.facilities), "communes": list(_communes(here))}
    cursor = await connection.execute(queries["people"], {**whom, **places, **bounds})
    return [Found(*row) for row in await cursor.fetchall()]


def _literal(word: str) -> str:
    """The word as a part of a LIKE pattern."""
    return re.sub(r"([\\%_])", r"\\\1", word)

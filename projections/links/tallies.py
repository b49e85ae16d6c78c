"""How many decisions were made about pairs of Patients, and how many people they have made of how many."""

from datetime import date
from pathlib import Path
from typing import NamedTuple

from ehr.linking import State
from ehr.sql import load_queries
from projections.database import Reader

_sql = load_queries(Path(__file__).with_name("tallies.sql"))


class Made(NamedTuple):
    """Decisions that made the same of their pairs. period: between two days; ever: of all time."""

    state: State
    by_program: bool
    period: int
    ever: int


class Gathered(NamedTuple):
    """patients: how many are one with others now; people: how many people that makes."""

    patients: int = 0
    people: int = 0


async def made(connection: Reader, first: date, last: date) -> list[Made]:
    """Of every kind that there is. first, last: days in Vietnam of the period, the last included."""
    cursor = await connection.execute(_sql["made"], {"first": first, "last": last})
    return [Made(State(state), *rest) for state, *rest in await cursor.fetchall()]


async def gathered(connection: Reader) -> Gathered:
    """By the links that stand."""
    row = await (await connection.execute(_sql["gathered"])).fetchone()
    return Gathered(*row) if row else Gathered()

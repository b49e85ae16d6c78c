"""What a view shows, for those who decide on it: up to which position, and that nothing is left out."""

from collections.abc import Awaitable, Callable, Collection
from pathlib import Path
from typing import NamedTuple, TypeVar

from ehr.definitions import subject_paths
from ehr.encoding import SchemaTooNew, Undecodable, decode_fact
from ehr.errors import Unseen
from ehr.sql import load_queries
from projections.database import Reader
from projections.generations import queries

MOST_LEFT_OUT = 20
"""Citizens of whom it is looked at what they wait with; where there are more, it may be anything."""

_sql = load_queries(Path(__file__).with_name("seen.sql"))
Answer = TypeVar("Answer")


class _Seen(NamedTuple):
    generation: int
    position: int


async def seen(
    connection: Reader, view: str, types: Collection[str], find: Callable[[], Awaitable[Answer]]
) -> tuple[Answer, int]:
    """(what ``find`` gives, a position up to which it has looked at all about resources of some types).

    It may have seen later facts as well. find: reads from the serving generation, in autocommit mode; again,
    where another one has begun to serve meanwhile. Raises Unseen where something of a type may be left out.
    """
    while True:
        before = await _look(connection, view, types)
        answer = await find()
        cursor = await connection.execute(queries["serving"], {"view": view})
        row = await cursor.fetchone()
        if row and row[0] == before.generation:
            return answer, before.position


async def _look(connection: Reader, view: str, types: Collection[str]) -> _Seen:
    asked = {"view": view, "limit": MOST_LEFT_OUT + 1}
    cursor = await connection.execute(_sql["seen"], asked, binary=True)
    rows: list[tuple[int, int, bool, bytes | None]] = await cursor.fetchall()
    left_out = [state for _, _, left_out, state in rows if left_out]
    if not rows or len(left_out) > MOST_LEFT_OUT or any(_concerns(state, types) for state in left_out):
        raise Unseen("Facts that may matter are stored and wait to be shown.")
    return _Seen(*rows[0][:2])


def _concerns(state: bytes | None, types: Collection[str]) -> bool:
    """Whether whoever is left out may have resources of the types: of a citizen all that can be about one, of
    anything else what the fact is about. A fact without resources is about a citizen."""
    if state is None:
        return True
    try:
        waiting = {version.type for version in decode_fact(state).resources} or {"Patient"}
    except (Undecodable, SchemaTooNew):
        return True
    return not waiting.isdisjoint(types) or (_is_citizens(waiting) and _is_citizens(types))


def _is_citizens(types: Collection[str]) -> bool:
    return any(type_ == "Patient" or subject_paths(type_) for type_ in types)

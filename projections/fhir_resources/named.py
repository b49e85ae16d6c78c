"""Resources by their names."""

from collections.abc import Sequence
from pathlib import Path

from ehr.sql import load_queries
from ehr.values import Key
from projections.database import Reader
from projections.fhir_resources.found import MOST_BYTES, Found, bodies_of, fitting

_sql = load_queries(Path(__file__).with_name("named.sql"))


async def read_named(connection: Reader, keys: Sequence[Key]) -> dict[str, tuple[Found, bytes | None]]:
    """Those that are there with their bodies as received, by ``Type/id``, in the order of the keys.

    No bodies after the first that fill MOST_BYTES.
    """
    columns = {"types": [key.type for key in keys], "ids": [key.id for key in keys], "room": MOST_BYTES}
    cursor = await connection.execute(_sql["named"], columns, binary=True)
    found = [Found(*row) for row in await cursor.fetchall()]
    bodies: list[bytes | None] = [*bodies_of(found[: fitting(found, MOST_BYTES)])]
    bodies += [None] * (len(found) - len(bodies))
    return {one.reference: (one, body) for one, body in zip(found, bodies, strict=True)}

"""Who Patients are, in a line each, for lists that name them."""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from ehr.sql import load_queries
from ehr.values import subject_of
from projections.database import Reader

_sql = load_queries(Path(__file__).with_name("summaries.sql"))


class Summary(NamedTuple):
    """name: "" where none is stated. birth_date: FHIR date, perhaps partial. lives: commune, else address."""

    id: str
    name: str
    sex: str | None
    birth_date: str | None
    lives: str | None
    deceased: bool
    active: bool


async def summaries(connection: Reader, patients: Iterable[str]) -> dict[str, Summary]:
    """Id of a Patient -> who that is; without those that are deleted or not known."""
    subjects = {subject_of(f"Patient/{patient}") for patient in patients}
    if not subjects:
        return {}
    cursor = await connection.execute(_sql["summaries"], {"subjects": list(subjects)}, binary=True)
    found = [Summary(*row) for row in await cursor.fetchall()]
    return {one.id: one for one in found}

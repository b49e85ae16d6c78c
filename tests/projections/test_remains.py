"""What views keep of a resource that was changed, and of one that was deleted (docs/security.md)."""

from contextlib import closing
from typing import Any

import pytest
from psycopg import sql

from backbone.wiring import VIEWS
from ehr.compression import decompress
from ehr.requests import Change
from projections.generations import ensure_generation
from projections.projector import Projector
from projections.view import Connection
from streams.notification_log import NotificationLog
from tests.stating import looking, migrated, request, state_all, update

Json = dict[str, Any]
Remains = dict[str, set[str]]
"""View -> its tables."""


def record(word: str) -> list[Json]:
    """Resources of one person with a word in all that can have one."""
    told, coded = {"text": f"{word} said"}, {"coding": [{"code": f"{word}c", "display": f"{word} shown"}]}
    subject = {"reference": "Patient/one", "display": f"{word} named", "identifier": {"value": f"{word}9"}}
    return [
        {
            "resourceType": "Patient",
            "id": "one",
            "meta": {"profile": [f"http://{word}.example.org/profile"]},
            "name": [{"text": f"{word} An"}],
            "identifier": [{"system": f"urn:{word}", "value": f"{word}1", "type": told}],
            "address": [{"text": f"{word} Vinh"}],
        },
        {"resourceType": "Condition", "id": "ill", "code": {**coded, **told}, "subject": subject},
        {
            "resourceType": "Observation",
            "id": "seen",
            "status": "final",
            "code": {**coded, **told},
            "subject": subject,
            "effectiveDateTime": "2024-03-01",
            "valueString": f"{word} value",
        },
        {"resourceType": "Organization", "id": "station", "name": f"{word} station"},
    ]


_FRAME = b"\x28\xb5\x2f\xfd"
"""How a zstandard frame begins (RFC 8878)."""


def delete(resource: Json) -> Change:
    return Change(None, "delete", resource["resourceType"], resource["id"])


def projected(url: str) -> None:
    for make in VIEWS.values():
        with looking(url) as connection:
            generation = ensure_generation(connection, make())
        with (
            closing(NotificationLog(url)) as log,
            closing(Projector(make(), log, url, generation)) as projector,
        ):
            while projector.step():
                pass


def remains(url: str, word: str) -> Remains:
    """The tables in which the word stands, folded or not, packed or not, as far as rows can be read."""
    with looking(url) as connection:
        return {
            name: {table for table in make().tables if has(connection, f"{name}_1", table, word)}
            for name, make in VIEWS.items()
        }


def has(connection: Connection, schema: str, table: str, word: str) -> bool:
    query = sql.SQL("select t.* from {} t").format(sql.Identifier(schema, table))
    values = (value for row in connection.execute(query).fetchall() for value in row)
    return any(word in told(value) for value in values)


def told(value: object) -> str:
    if isinstance(value, bytes | memoryview) and value:
        packed = bytes(value)
        return (
            (decompress(packed) if packed.startswith(_FRAME) else packed).decode(errors="replace").casefold()
        )
    return str(value).casefold()


@pytest.mark.parametrize("ending", ["changed", "deleted"])
def test_what_remains(database: str, ending: str) -> None:
    url = migrated(database)
    state_all(url, request(*map(update, record("zqold"))))
    projected(url)
    shown = remains(url, "zqold")
    assert [name for name, tables in shown.items() if not tables] == ["links"], "which has ids alone"
    after = map(update, record("zqnew")) if ending == "changed" else map(delete, record("zqold"))
    state_all(url, request(*after))
    projected(url)
    kept = {name: tables for name, tables in remains(url, "zqold").items() if tables}
    assert kept == {"fhir_resources": {"past", "search_word"}, "citizens": {"former_number"}}

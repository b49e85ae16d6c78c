"""Whatever intake accepts can be indexed, and leaves no more than its own size suggests."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

import orjson
import pytest
from hypothesis import given, settings

from ehr.dates import FIRST, LAST
from ehr.values import Key
from fhir_api.intake import Limits, scan, validate
from projections.search.entries import Entries
from projections.search.indexing import entries_of
from projections.search.rows import TABLES, Row, add_rows, no_rows
from tests.fhir_api.intake.valid_resources import resources

LIMITS = Limits(size=8 << 20)
MOST_ROWS_FOR_EACH_BYTE = 1
MOST_CHARACTERS_FOR_EACH = 50
"""A character may stand for 18 letters (U+FDFA), and a name's words are kept anew from each on."""


def accepted(resource: dict[str, Any]) -> dict[str, Any]:
    """The resource as intake gives it on."""
    again: dict[str, Any] = scan(orjson.dumps(resource), LIMITS)
    assert validate(again, again["resourceType"]) == []
    return again


def indexed(resource: dict[str, Any]) -> tuple[Entries, list[tuple[str, Row]]]:
    key = Key(resource["resourceType"], resource.get("id", "1"))
    entries = entries_of(key, resource)
    rows = no_rows()
    add_rows(rows, key, 1, entries)
    return entries, [(table, row) for table in TABLES for row in rows[table]]


def check(type_: str, value: Any) -> None:
    """Whether PostgreSQL can hold the value in a column of the type."""
    match type_:
        case "int2" | "int8":
            assert value is None or -(1 << int(type_[3:]) * 8 - 1) <= value < 1 << int(type_[3:]) * 8 - 1
        case "int8[]":
            assert value == sorted({*value})
            for one in value:
                check("int8", one)
        case "timestamptz":
            assert value is None or (isinstance(value, datetime) and FIRST <= value <= LAST)
        case "numeric":
            assert value is None or (isinstance(value, Decimal) and not value.is_nan())
        case "text":
            assert value is None or "\0" not in value


@given(resources())
@settings(max_examples=1500, deadline=None)
def test_whatever_intake_accepts_is_indexed(resource: dict[str, Any]) -> None:
    entries, rows = indexed(accepted(resource))
    for table, row in rows:
        for type_, value in zip(TABLES[table].values(), row, strict=True):
            check(type_, value)
    assert all(one.start <= one.end for one in entries.dates)
    assert all(one.text for one in entries.words)
    size = len(orjson.dumps(resource))
    assert len(rows) + sum(map(len, _lists(rows))) <= MOST_ROWS_FOR_EACH_BYTE * size + 10
    assert sum(map(len, _texts(entries, rows))) <= MOST_CHARACTERS_FOR_EACH * size


def _lists(rows: list[tuple[str, Row]]) -> Iterator[list[int]]:
    yield from (value for _, row in rows for value in row if isinstance(value, list))


def _texts(entries: Entries, rows: list[tuple[str, Row]]) -> Iterator[str]:
    yield from (value for _, row in rows for value in row if isinstance(value, str))
    yield from (word.text for word in entries.words)


MANY = 20_000
CODING = [{"system": "urn:x", "code": f"c{n}", "display": f"d{n}"} for n in range(MANY)]
TEXT = {"text": "x"}
SEQUENCE = {
    "resourceType": "MolecularSequence",
    "coordinateSystem": 0,
    "referenceSeq": {
        "windowStart": 1,
        "windowEnd": 2,
        "chromosome": {"coding": CODING, "text": "x" * 1_000_000},
    },
    "variant": [{"start": n, "end": n} for n in range(MANY)],
}
OBSERVATION = {
    "resourceType": "Observation",
    "status": "final",
    "code": {"coding": CODING},
    "valueCodeableConcept": {"coding": CODING},
    "component": [{"code": TEXT, "valueQuantity": {"value": n}} for n in range(MANY)],
}
GROUP = {
    "resourceType": "Group",
    "type": "person",
    "actual": False,
    "characteristic": [
        {"code": {"coding": CODING}, "valueCodeableConcept": {"coding": CODING}, "exclude": False}
    ],
}


@pytest.mark.parametrize("resource", [SEQUENCE, OBSERVATION, GROUP], ids=lambda one: str(one["resourceType"]))
def test_what_is_found_together_leaves_no_more_than_a_part_of_each_pair(resource: dict[str, Any]) -> None:
    _, rows = indexed(accepted(resource))
    assert len(rows) + sum(map(len, _lists(rows))) <= 50 * MANY

"""The order of what is found (https://hl7.org/fhir/R4/search.html#sort).

By the smallest value of a parameter, or descending by the largest; what has none comes last either way. What
is equal in that comes as it was first stated, or descending the other way round.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal, NamedTuple

from projections.search.errors import UnknownName
from projections.search.reading import find, is_main, origin_of
from projections.search.statement import Statement

SORTED = ("date", "string", "number", "quantity")
"""Types of parameters by which one may sort, besides ``_id`` and ``_lastUpdated``."""

MOST_KEYS = 8

Source = Literal["main", "updated", "id", "date", "string", "quantity"]

_COLUMN = {
    "date": ("search_date", "starts", ""),
    "string": ("search_string", "folded", " and {t}.exact is not null"),
    "quantity": ("search_quantity", "low", ""),
}
_TYPES: dict[Source, str] = {
    "main": "timestamptz",
    "updated": "timestamptz",
    "id": "text",
    "date": "timestamptz",
    "string": "text",
    "quantity": "numeric",
}


@dataclass(frozen=True, slots=True)
class Key:
    """What one sorts by. source: where it stands. numbers: of the parameter, or of those it unites."""

    source: Source
    numbers: tuple[int, ...]
    descending: bool

    @property
    def type(self) -> str:
        """The PostgreSQL type of its values."""
        return _TYPES[self.source]

    def written(self, value: object) -> str | None:
        """A value as text, for a page token."""
        if value is None:
            return None
        return value.isoformat() if isinstance(value, datetime) else str(value)

    def read(self, text: str | None) -> object:
        """The value of such a text."""
        if text is None or self.type == "text":
            return text
        return datetime.fromisoformat(text) if self.type == "timestamptz" else Decimal(text)

    def value(self, statement: Statement, of: str, current: str) -> str:
        """The value of a row ``of`` of ``search`` and one ``current`` of the resources, as SQL."""
        if self.source == "main":
            return f"{of}.starts"
        if self.source in ("updated", "id"):
            return f"{current}.last_updated" if self.source == "updated" else f"{current}.id"
        t, (table, column, condition) = statement.alias(), _COLUMN[self.source]
        pick, numbers = "max" if self.descending else "min", statement.value(list(self.numbers), "smallint[]")
        return (
            f"(select {pick}({t}.{column}) from fhir_resources.{table} {t} where {t}.pk = {of}.pk "
            f"and {t}.number = any({numbers}){condition.format(t=t)})"
        )


class After(NamedTuple):
    """The last resource of a page: its values of the keys, and its ``pk``."""

    values: tuple[object, ...]
    pk: int


def read_sort(type_: str, text: str) -> tuple[Key, ...]:
    """The keys of ``_sort=-date,family``. Raises UnknownName."""
    if text.count(",") >= MOST_KEYS:
        raise UnknownName(f"_sort has at most {MOST_KEYS} keys.")
    return tuple(_key(type_, one) for one in text.split(","))


def _key(type_: str, text: str) -> Key:
    code, descending = text.removeprefix("-"), text.startswith("-")
    if code == "_id":
        return Key("id", (), descending)
    if code == "_lastUpdated":
        return Key("updated", (), descending)
    try:
        parameter = origin_of(find(type_, code))
    except UnknownName as error:
        raise UnknownName(f"_sort: {error}") from None
    if parameter.type not in SORTED:
        raise UnknownName(f"_sort is by parameters of type {', '.join(SORTED)}, _id and _lastUpdated.")
    own = [find(type_, one) for one in parameter.union_of] or [parameter]
    numbers = tuple(one.number for one in own)
    if is_main(parameter):
        return Key("main", numbers, descending)
    source: Source = "quantity" if parameter.type == "number" else parameter.type  # type: ignore[assignment]
    return Key(source, numbers, descending)


def order_by(keys: tuple[Key, ...], columns: list[str], pk: str) -> str:
    """The ORDER BY clause. columns: where the values of the keys stand."""
    last = _direction(keys[0]) if keys else "asc"
    parts = [f"{column} {_direction(key)} nulls last" for key, column in zip(keys, columns, strict=True)]
    return ", ".join([*parts, f"{pk} {last}"])


def _direction(key: Key) -> str:
    return "desc" if key.descending else "asc"


def beyond(statement: Statement, keys: tuple[Key, ...], columns: list[str], pk: str, after: After) -> str:
    """The condition that a row comes after a place in this order."""
    down = bool(keys) and keys[0].descending
    condition = f"{pk} {'<' if down else '>'} {statement.value(after.pk, 'bigint')}"
    for key, column, value in reversed(list(zip(keys, columns, after.values, strict=True))):
        if value is None:
            condition = f"({column} is null and {condition})"
            continue
        place = statement.value(value, key.type)
        sign = "<" if key.descending else ">"
        condition = f"({column} {sign} {place} or {column} is null or ({column} = {place} and {condition}))"
    return condition

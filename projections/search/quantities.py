"""Parameters of type number and quantity (https://hl7.org/fhir/R4/search.html#number, #quantity).

A number of the resource is exactly what it says; one of the search is as wide as its last decimal place.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from projections.search.entries import Entries, QuantityEntry
from projections.search.errors import BadValue
from projections.search.statement import Statement
from projections.search.tables import InTable
from projections.search.terms import hash_of
from projections.search.values import split, unescaped

MODIFIERS = ("missing",)

PREFIXES = ("eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap")

CURRENCIES = "urn:iso:std:iso:4217"
"""The code system of Money.currency (https://hl7.org/fhir/R4/datatypes.html#Money)."""

LEAST, MOST = Decimal("-Infinity"), Decimal("Infinity")

_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d{1,3})?", re.ASCII)
LONGEST_NUMBER = 40
"""Characters of a number."""

_SQL = {
    "eq": "{low} >= {least} and {low} < {most} and {high} < {most}",
    "ne": "not ({low} >= {least} and {high} < {most})",
    "gt": "{high} > {value}",
    "lt": "{low} < {value}",
    "ge": "{high} >= {value}",
    "le": "{low} <= {value}",
    "sa": "{low} >= {most}",
    "eb": "{high} < {least}",
    "ap": "{low} <= {most} and {high} >= {least}",
}


class Number(NamedTuple):
    """A number of a search: what it says, and the range of what is written so. Of ``ap`` least and most are a
    tenth away."""

    prefix: str
    value: Decimal
    least: Decimal
    most: Decimal


_HOLDS: dict[str, Callable[[QuantityEntry, Number], bool]] = {
    "eq": lambda target, asked: target.low >= asked.least and target.high < asked.most,
    "ne": lambda target, asked: not (target.low >= asked.least and target.high < asked.most),
    "gt": lambda target, asked: target.high > asked.value,
    "lt": lambda target, asked: target.low < asked.value,
    "ge": lambda target, asked: target.high >= asked.value,
    "le": lambda target, asked: target.low <= asked.value,
    "sa": lambda target, asked: target.low >= asked.most,
    "eb": lambda target, asked: target.high < asked.least,
    "ap": lambda target, asked: target.low <= asked.most and target.high >= asked.least,
}


def index_number(entries: Entries, number: int, value: Any) -> None:
    """A decimal or an integer."""
    found = _decimal(value)
    if found is not None:
        entries.quantities.append(QuantityEntry(number, found, found))


def index_quantity(entries: Entries, number: int, value: Any) -> None:
    """A Quantity or one of its kinds (Age, Duration, …); its comparator does not count."""
    found = _decimal(value.get("value"))
    if found is not None:
        _index(entries, number, (found, found), value.get("system"), value.get("code"), value.get("unit"))


def index_money(entries: Entries, number: int, value: Any) -> None:
    """A Money: its currency is its unit."""
    found = _decimal(value.get("value"))
    if found is not None:
        _index(entries, number, (found, found), CURRENCIES, value.get("currency"), None)


def index_range(entries: Entries, number: int, value: Any) -> None:
    """A Range; an open side is open for ever."""
    low, high = value.get("low") or {}, value.get("high") or {}
    least, most = _decimal(low.get("value")), _decimal(high.get("value"))
    if least is not None or most is not None:
        one = low if least is not None else high
        limits = (LEAST if least is None else least, MOST if most is None else most)
        _index(entries, number, limits, one.get("system"), one.get("code"), one.get("unit"))


def _index(
    entries: Entries, number: int, limits: tuple[Decimal, Decimal], system: Any, code: Any, word: Any
) -> None:
    unit = _hash_of_unit(system or "", code) if code else None
    entries.quantities.append(QuantityEntry(number, *limits, hash_of(code) if code else None, unit))
    if word and word != code:
        entries.quantities.append(QuantityEntry(number, *limits, hash_of(word), None))


def _decimal(value: Any) -> Decimal | None:
    if value is None or value is True or value is False:
        return None
    try:
        return Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    except (InvalidOperation, TypeError, ValueError):
        return None


def _hash_of_unit(system: str, code: str) -> int:
    return hash_of(f"{system}\0{code}")


class Unit(NamedTuple):
    """The unit of a search: of a system, or ``code`` alone for a code or a printed unit."""

    system: str
    code: str


class _Amount(InTable):
    """A row of a number."""

    __slots__ = ()
    table = "search_quantity"


@dataclass(frozen=True, slots=True)
class Measured(_Amount):
    """A number stands to the one that was asked for as the prefix says, in a unit if one was said."""

    number: int
    asked: Number
    unit: Unit | None = None

    def condition(self, statement: Statement, t: str) -> str:
        """See ``InTable``."""
        return f"{t}.number = {statement.value(self.number, 'smallint')} and {self.compared(statement, t)}"

    def compared(self, statement: Statement, t: str, low: str = "low", high: str = "high") -> str:
        """The condition on numbers and unit of a row. low, high: names of the columns."""
        places = {name: statement.value(getattr(self.asked, name), "numeric") for name in _VALUES}
        condition = _SQL[self.asked.prefix].format(low=f"{t}.{low}", high=f"{t}.{high}", **places)
        return f"({condition}){_in_unit(statement, t, self.unit)}"

    def holds(self, entries: Entries) -> bool:
        """See ``tree.Node``."""
        compare = _HOLDS[self.asked.prefix]
        return any(
            compare(e, self.asked) and _has_unit(e, self.unit)
            for e in entries.quantities
            if e.number == self.number
        )


_VALUES = ("value", "least", "most")


@dataclass(frozen=True, slots=True)
class SomeQuantity(_Amount):
    """There is a number."""

    number: int

    def condition(self, statement: Statement, t: str) -> str:
        """See ``InTable``."""
        return f"{t}.number = {statement.value(self.number, 'smallint')}"

    def holds(self, entries: Entries) -> bool:
        """See ``tree.Node``."""
        return any(e.number == self.number for e in entries.quantities)


def _in_unit(statement: Statement, t: str, unit: Unit | None) -> str:
    if unit is None:
        return ""
    code = f" and {t}.code = {statement.value(hash_of(unit.code), 'bigint')}"
    if not unit.system:
        return code
    return f"{code} and {t}.unit = {statement.value(_hash_of_unit(unit.system, unit.code), 'bigint')}"


def _has_unit(entry: QuantityEntry, unit: Unit | None) -> bool:
    if unit is None:
        return True
    if unit.system and entry.unit != _hash_of_unit(unit.system, unit.code):
        return False
    return entry.code == hash_of(unit.code)


def read_quantity(number: int, name: str, text: str, *, with_unit: bool) -> Measured:
    """The condition of ``number``, ``number|system|code`` or ``number||code``. Raises BadValue."""
    parts = [unescaped(part) for part in split(text, "|")]
    if len(parts) == 1:
        return Measured(number, _number(name, parts[0]))
    if not with_unit:
        raise BadValue(f"{name} must be a number: it has no unit.")
    if len(parts) != 3 or not parts[2]:
        raise BadValue(f"{name} must be a number, number|system|code or number||code.")
    return Measured(number, _number(name, parts[0]), Unit(parts[1], parts[2]))


def _number(name: str, text: str) -> Number:
    prefix, digits = (text[:2], text[2:]) if text[:1].isalpha() else ("eq", text)
    if prefix not in PREFIXES:
        raise BadValue(f"{name} has a prefix that there is not: {' '.join(PREFIXES)} are.")
    if len(digits) > LONGEST_NUMBER or not _NUMBER.fullmatch(digits):
        raise BadValue(f"{name} must be a number, like 5.4, 1e3 or gt100.")
    value = Decimal(digits)
    exponent = value.as_tuple().exponent
    assert isinstance(exponent, int)  # It is finite.
    half = abs(value) / 10 if prefix == "ap" else Decimal((0, (5,), exponent - 1))
    return Number(prefix, value, value - half, value + half)

"""number and quantity: exact decimals (https://hl7.org/fhir/R4/search.html#number, #quantity)."""

import re
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple

from tests.oracle.expressions import Value
from tests.oracle.values import Matcher, Refused, parted, plain, prefixed

_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?", re.ASCII)
CURRENCIES = "urn:iso:std:iso:4217"


class Interval(NamedTuple):
    """Both ends belong to it. None: open."""

    low: Fraction | None
    high: Fraction | None


class Amount(NamedTuple):
    """A number or the ends of a Range, with the unit."""

    size: Interval
    system: str | None = None
    codes: frozenset[str] = frozenset()
    units: frozenset[str] = frozenset()


class Searched(NamedTuple):
    """A number, and half of its last decimal place."""

    number: Fraction
    half: Fraction


def read(text: str) -> Searched:
    """Any FHIR decimal, ``1e2`` too."""
    if not _NUMBER.fullmatch(text):
        raise Refused("not a number")
    exponent = Decimal(text).as_tuple().exponent
    assert isinstance(exponent, int)
    return Searched(Fraction(Decimal(text)), Fraction(10) ** exponent / 2)


def amounts(value: Value) -> list[Amount]:
    """The one amount of a value; none when it has no number."""
    if value.type == "Range":
        return _of_range(value.content)
    if value.type == "Money":
        currency = frozenset(filter(None, [value.content.get("currency")]))
        return _of_number(value.content.get("value"), CURRENCIES, currency, frozenset())
    if isinstance(value.content, dict) and "value" in value.content:
        return _of_number(value.content["value"], *_unit(value.content))
    return _of_number(value.content, None, frozenset(), frozenset())


def _of_number(number: Any, system: str | None, codes: frozenset[str], units: frozenset[str]) -> list[Amount]:
    if isinstance(number, bool) or not isinstance(number, int | Decimal):
        return []
    return [Amount(Interval(Fraction(number), Fraction(number)), system, codes, units)]


def _of_range(content: dict[str, Any]) -> list[Amount]:
    low, high = (content.get(side, {}).get("value") for side in ("low", "high"))
    if low is None and high is None:
        return []
    size = Interval(*(None if side is None else Fraction(side) for side in (low, high)))
    return [Amount(size, *_unit(content.get("low") or content["high"]))]


def _unit(content: dict[str, Any]) -> tuple[str | None, frozenset[str], frozenset[str]]:
    codes, units = (frozenset(filter(None, [content.get(name)])) for name in ("code", "unit"))
    return content.get("system"), codes, units


def _eq(searched: Searched, found: Interval) -> bool:
    if found.low is None or found.high is None:
        return False
    return searched.number - searched.half <= found.low and found.high < searched.number + searched.half


def _ap(searched: Searched, found: Interval) -> bool:
    tenth = abs(searched.number) / 10
    reaches = found.high is None or found.high >= searched.number - tenth
    return reaches and (found.low is None or found.low <= searched.number + tenth)


def _above(found: Interval, number: Fraction) -> bool:
    return found.high is None or found.high > number


def _below(found: Interval, number: Fraction) -> bool:
    return found.low is None or found.low < number


COMPARISONS: dict[str, Callable[[Searched, Interval], bool]] = {
    "eq": _eq,
    "ne": lambda searched, found: not _eq(searched, found),
    "gt": lambda searched, found: _above(found, searched.number),
    "lt": lambda searched, found: _below(found, searched.number),
    "ge": lambda searched, found: _above(found, searched.number) or found.high == searched.number,
    "le": lambda searched, found: _below(found, searched.number) or found.low == searched.number,
    "sa": lambda searched, found: found.low is not None and found.low >= searched.number + searched.half,
    "eb": lambda searched, found: found.high is not None and found.high < searched.number - searched.half,
    "ap": _ap,
}


def number_matcher(text: str) -> Matcher:
    """A number alone."""
    prefix, written = prefixed(plain(text))
    searched, compare = read(written), COMPARISONS[prefix]
    return lambda value: any(compare(searched, amount.size) for amount in amounts(value))


def quantity_matcher(text: str) -> Matcher:
    """``number``, ``number|system|code`` or ``number||code``."""
    prefix, *unit = (plain(part) for part in parted(text, "|"))
    prefix, written = prefixed(prefix)
    if unit and (len(unit) != 2 or not unit[1]):
        raise Refused("number, number|system|code or number||code")
    searched, compare = read(written), COMPARISONS[prefix]
    system, code = unit or ("", "")
    return lambda value: any(
        compare(searched, amount.size) and _has_unit(amount, system, code) for amount in amounts(value)
    )


def _has_unit(amount: Amount, system: str, code: str) -> bool:
    if not system:
        return not code or code in amount.codes | amount.units
    return amount.system == system and code in amount.codes

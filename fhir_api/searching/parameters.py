"""The search parameters: one table, from which searches are read and the capability statement is written."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache, reduce
from typing import NamedTuple

from ehr.appending import Condition
from ehr.conditional import repeatable
from ehr.dates import Span, span
from ehr.identifiers import can_be_identified, identifier_condition
from fhir_api.errors import BadRequest, UnknownParameter
from fhir_api.searching.instants import ALWAYS, PREFIXES, Instants, instants_of, intersection, union

USUAL_COUNT = 50
"""Resources on a page when nothing else is asked: a screen or two, some 100 KB."""

MOST_COUNT = 1000
"""Resources on a page at most: a megabyte or two, which takes the server about 10 ms."""

MOST_ALTERNATIVES = 100
"""Values of one parameter, separated by commas."""


@dataclass
class Criteria:
    """What a search asks for. ids: None for any. identifiers: of each group, at least one must match."""

    type: str
    ids: frozenset[str] | None = None
    identifiers: list[list[Condition]] = field(default_factory=list)
    updated: Instants = ALWAYS
    newest_first: bool = False
    count: int = USUAL_COUNT


class Parameter(NamedTuple):
    """One parameter. type: as in https://hl7.org/fhir/R4/search.html#ptypes, empty where it does not filter.
    once: whether it may not be repeated; where it may, all of them must hold."""

    name: str
    type: str
    documentation: str
    read: Callable[[Criteria, str], None]
    once: bool = False


def read_count(text: str) -> int:
    """How many resources a page is to have: 0 to MOST_COUNT. Raises BadRequest."""
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise BadRequest("_count must be a whole number.")
    return min(int(text), MOST_COUNT)


def read_instants(name: str, text: str) -> Instants:
    """The instants that the value of a date parameter means. Raises BadRequest."""
    try:
        return reduce(union, [instants_of(one) for one in alternatives(name, text)])
    except ValueError:
        raise BadRequest(f"{name} must be a date, like ge2024-05-10 or gt2024-05-10T08:00:00.000Z.") from None


def read_span(name: str, text: str) -> Span:
    """The time that a date, dateTime or instant means. Raises BadRequest."""
    value = span(text.replace(" ", "+"))  # As in instants_of.
    if value is None:
        raise BadRequest(f"{name} must be a date or an instant, like 2024-05-10T08:00:00.000Z.")
    return value


def alternatives(name: str, text: str) -> list[str]:
    """The values between commas; ``\\,`` belongs to a value. Raises BadRequest when one is empty."""
    found = [""]
    characters = iter(text)
    for character in characters:
        if character == "\\":
            found[-1] += character + next(characters, "")
        elif character == ",":
            found.append("")
        else:
            found[-1] += character
    if not all(found):
        raise BadRequest(f"{name} has an empty value.")
    if len(found) > MOST_ALTERNATIVES:
        raise BadRequest(f"{name} has more than {MOST_ALTERNATIVES} values.")
    return found


def _read_id(criteria: Criteria, text: str) -> None:
    ids = frozenset(alternatives("_id", text))
    criteria.ids = ids if criteria.ids is None else criteria.ids & ids


def _read_identifier(criteria: Criteria, text: str) -> None:
    try:
        group = [identifier_condition(criteria.type, one) for one in alternatives("identifier", text)]
    except ValueError:
        raise UnknownParameter("identifier without a value (system|) is not indexed.") from None
    criteria.identifiers.append(group)


def _read_last_updated(criteria: Criteria, text: str) -> None:
    criteria.updated = intersection(criteria.updated, read_instants("_lastUpdated", text))


def _read_sort(criteria: Criteria, text: str) -> None:
    if text.removeprefix("-") != "_lastUpdated":
        raise UnknownParameter("_sort is by _lastUpdated or -_lastUpdated.")
    criteria.newest_first = text.startswith("-")


def _read_count(criteria: Criteria, text: str) -> None:
    criteria.count = read_count(text)


_ID = Parameter("_id", "token", "One id, or several between commas.", _read_id)
_LAST_UPDATED = Parameter(
    "_lastUpdated",
    "date",
    f"With the prefixes {' '.join(PREFIXES)}. It rises strictly from flush to flush, and a flush becomes "
    "visible whole: gt with the last one seen misses nothing.",
    _read_last_updated,
)
_IDENTIFIER = Parameter(
    "identifier",
    "token",
    "As value, system|value or |value; system| alone is refused.",
    _read_identifier,
)
_SORT = Parameter(
    "_sort",
    "",
    "By _lastUpdated (also when nothing is said) or -_lastUpdated.",
    _read_sort,
    once=True,
)
_COUNT = Parameter(
    "_count",
    "",
    f"Resources on a page: {USUAL_COUNT} if nothing is said, at most {MOST_COUNT}; 0 gives the total alone.",
    _read_count,
    once=True,
)
_FILTERS = (_ID, _LAST_UPDATED)
RESULTS = (_SORT, _COUNT)
"""Parameters that say how matches are told."""


@cache
def filters_of(type_: str) -> tuple[Parameter, ...]:
    """The parameters by which resources of a type are found."""
    return (*_FILTERS, _IDENTIFIER) if can_be_identified(type_) else _FILTERS


def read_criteria(type_: str, parameters: Iterable[tuple[str, str]]) -> Criteria:
    """What the parameters ask for; all of them must be known. Raises BadRequest, UnknownParameter."""
    known = {parameter.name: parameter for parameter in (*filters_of(type_), *RESULTS)}
    criteria, seen = Criteria(type_), set[str]()
    for name, value in parameters:
        if known[name].once and name in seen:
            raise BadRequest(f"{name} is there twice.")
        known[name].read(criteria, value)
        seen.add(name)
    return criteria


def names_of(type_: str) -> list[str]:
    """The names of all parameters of a type."""
    return [parameter.name for parameter in (*filters_of(type_), *RESULTS)]


def unsupported(given: Iterable[str], known: Iterable[str]) -> str:
    """What to say about parameters that are not known; nothing when all are."""
    unknown = set(given) - set(known)
    if not unknown:
        return ""
    names = ", ".join(repeatable(unknown)) or "a parameter whose name is none"
    return f"Not supported: {names}. Supported: {', '.join(known) or 'none'}."

"""Dates of a search as sets of instants (https://hl7.org/fhir/R4/search.html#date, #prefix).

A date of the search is a span as wide as it is precise; what is compared with it is an instant.
"""

from collections.abc import Callable

from ehr.dates import FIRST, LAST, Span, span

Instants = tuple[Span, ...]
"""Spans in order of time that do not overlap."""

ALWAYS: Instants = (Span(FIRST, LAST),)


def _before(value: Span) -> Instants:
    return (Span(FIRST, value.start),)


def _after(value: Span) -> Instants:
    return (Span(value.end, LAST),)


def _about(value: Span) -> Instants:
    """The specification leaves open how far: here, by the width of what was said, to both sides."""
    width = value.end - value.start
    start = value.start - min(width, value.start - FIRST)
    return (Span(start, value.end + min(width, LAST - value.end)),)


PREFIXES: dict[str, Callable[[Span], Instants]] = {
    "eq": lambda value: (value,),
    "ne": lambda value: _before(value) + _after(value),
    "gt": _after,
    "sa": _after,
    "lt": _before,
    "eb": _before,
    "ge": lambda value: (Span(value.start, LAST),),
    "le": lambda value: (Span(FIRST, value.end),),
    "ap": _about,
}


def instants_of(text: str) -> Instants:
    """The instants that ``ge2024-05`` and the like mean. Raises ValueError."""
    prefix, date = (text[:2], text[2:]) if text[:2] in PREFIXES else ("eq", text)
    # Many clients send +07:00 as it stands, and a + in an address is a space.
    value = span(date.replace(" ", "+"))
    if value is None:
        raise ValueError("no date")
    return tuple(one for one in PREFIXES[prefix](value) if one.start < one.end)


def union(one: Instants, other: Instants) -> Instants:
    """What is in any of the two."""
    joined: list[Span] = []
    for each in sorted(one + other):
        if joined and each.start <= joined[-1].end:
            joined[-1] = Span(joined[-1].start, max(joined[-1].end, each.end))
        else:
            joined.append(each)
    return tuple(joined)


def intersection(one: Instants, other: Instants) -> Instants:
    """What is in both."""
    pairs = [Span(max(a.start, b.start), min(a.end, b.end)) for a in one for b in other]
    return tuple(sorted(pair for pair in pairs if pair.start < pair.end))

"""The date by which a clinician would sort a resource, as it is written."""

from collections.abc import Callable
from typing import Any

from ehr.definitions.tables import RESOURCE_TYPES, Path_, main_date_paths

Span = tuple[str | None, str | None]
"""(start, end) as FHIR date, dateTime or instant, possibly partial; None where it is open or unknown."""


def main_date(resource: dict[str, Any]) -> str | None:
    """The main date as written, e.g. ``2024-05``; of a Period its start, else its end."""
    start, end = main_period(resource)
    return start or end


def main_period(resource: dict[str, Any]) -> Span:
    """The main date as (start, end); a single date is both. Intake accepts a start after the end."""
    for path, read in _READERS[resource["resourceType"]]:
        value = _at(resource, path)
        if value is not None:
            span = read(value)
            if span != (None, None):
                return span
    return None, None


def _at(node: Any, path: Path_) -> Any:
    for name in path:
        if node.__class__ is list:
            node = node[0]
        node = node.get(name)
        if node is None:
            return None
    return node


def _instant(value: Any) -> Span:
    return value, value


def _period(value: Any) -> Span:
    first = value[0] if value.__class__ is list else value
    return first.get("start"), first.get("end")


def _timing(value: Any) -> Span:
    """The first and the last listed event, else the bounds of the repetition."""
    events = [event for event in value.get("event", ()) if event is not None]
    if events:
        return events[0], events[-1]
    bounds = value.get("repeat", {}).get("boundsPeriod", {})
    return bounds.get("start"), bounds.get("end")


_BY_TYPE: dict[str, Callable[[Any], Span]] = {
    "date": _instant,
    "dateTime": _instant,
    "instant": _instant,
    "Period": _period,
    "Timing": _timing,
}

_READERS = {
    name: tuple((path, _BY_TYPE[type_]) for path, type_ in main_date_paths(name)) for name in RESOURCE_TYPES
}

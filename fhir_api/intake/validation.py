"""The way of a resource through intake: schema, then the rules beyond it, then the resources within."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from fhir_api.intake import checks
from fhir_api.intake.issues import Issue
from fhir_api.intake.messages import expression, issues_of
from fhir_api.intake.siblings import misaligned
from fhir_api.intake.validator import departures, is_plain, is_valid

MOST_ISSUES = 100
"""More help nobody. Each costs about 15 µs, so whoever reads many resources may want fewer of each."""

NOT_CONTAINED = "reference: names nothing that the resource contains (ref-1)"
ALIGNMENT = "values and extensions of a list are aligned with null, never null on both sides"


def validate(
    resource: dict[str, Any],
    at: str,
    most: int = MOST_ISSUES,
    *,
    local: bool = True,
    besides: dict[str, Any] | None = None,
) -> list[Issue]:
    """What keeps a resource from being accepted, up to ``most`` issues; an empty list if nothing does.

    resource: as `orjson.loads` gives it, of a text that passed `scan` (depth, duplicate keys and the text
    of numbers cannot be seen here). at: its FHIRPath, e.g. ``Patient`` or ``Bundle.entry[12].resource``.
    local: whether it may have references to what it contains; to look for them takes time. besides: a
    resource within it that is looked at elsewhere.
    """
    return list(dict.fromkeys(islice(_issues(resource, at, most, local, besides), most)))


def _issues(
    resource: dict[str, Any], at: str, most: int, local: bool, besides: dict[str, Any] | None
) -> Iterator[Issue]:
    if not checks.has_known_type(resource):
        yield Issue("structure", f"{at}.resourceType", "resourceType: not a resource type of R4")
        return
    departs = False
    for issue in () if is_plain(resource) else _departures(resource, at, most):
        departs = True
        yield issue
    if not departs:
        yield from checks.narratives(resource, at)
        if local or "contained" in resource:
            yield from _local(resource, at, local)
    for place, inner, is_contained in checks.inner_resources(resource, at):
        if is_contained:
            yield from checks.contained(inner, place)
        if inner != besides:
            yield from _issues(inner, place, most, local and not is_contained, besides)


def _local(resource: dict[str, Any], at: str, refers: bool) -> Iterator[Issue]:
    """What is contained, and the references to it."""
    targets = checks.local_targets(resource)
    yield from checks.containing(resource, at, targets)
    for path in checks.not_contained(resource, targets) if refers else ():
        yield Issue("invariant", expression(resource["resourceType"], list(path), at), NOT_CONTAINED)


def _departures(resource: dict[str, Any], at: str, most: int) -> Iterator[Issue]:
    kind = resource["resourceType"]
    if not is_valid(resource):
        for departure in departures(resource, most):
            yield from issues_of(departure, kind, at)
        return
    for path in misaligned(resource):
        yield Issue("structure", expression(kind, list(path), at), ALIGNMENT)

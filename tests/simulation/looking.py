"""Ways to look into bundles."""

from collections.abc import Iterable, Iterator
from typing import Any

from simulation.province import Sending

Json = dict[str, Any]


def entries(sendings: Iterable[Sending], kind: str = "") -> Iterator[Json]:
    """Every entry, or those that hold a resource of that kind."""
    for sending in sendings:
        for entry in sending.bundle["entry"]:
            if not kind or entry["resource"]["resourceType"] == kind:
                yield entry


def resources(sendings: Iterable[Sending], kind: str) -> list[Json]:
    """All resources of a kind."""
    return [entry["resource"] for entry in entries(sendings, kind)]


def references(part: Any) -> Iterator[str]:
    """Every Reference.reference within."""
    if isinstance(part, list):
        for item in part:
            yield from references(item)
    elif isinstance(part, dict):
        if isinstance(part.get("reference"), str):
            yield part["reference"]
        for item in part.values():
            yield from references(item)


def conditions_of(resource: Json) -> Iterator[str]:
    """What conditional references to the resource could say, e.g. ``Patient?identifier=system|value``."""
    for identifier in resource.get("identifier", ()):
        yield f"{resource['resourceType']}?identifier={identifier['system']}|{identifier['value']}"

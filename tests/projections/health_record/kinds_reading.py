"""Reads resources as the projector does."""

from typing import Any

import orjson

from projections.health_record.entry import Origin
from projections.health_record.kinds import READERS, AnyEntry


def origin_of(resource: dict[str, Any]) -> Origin:
    return Origin(resource["resourceType"], resource.get("id", "1"), "2026-10-05T08:00:00.000Z")


def read(resource: dict[str, Any] | str) -> AnyEntry | None:
    raw = resource.encode() if isinstance(resource, str) else orjson.dumps(resource)
    origin = origin_of(orjson.loads(raw))
    return READERS[origin.type](raw, origin)

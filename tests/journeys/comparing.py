"""Comparing a resource that was sent with what the server gives back, number by number as it was written."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

Resolve = Callable[[str], str]
"""From a link as it was sent to what it has to be now."""

_LINK = re.compile(r"""(\b(?:href|src)\s*=\s*)(["'])(.*?)\2""")


@dataclass(frozen=True, slots=True)
class Number:
    """A number as it was written: 72.50 is another one than 72.5."""

    text: str


def read_json(content: bytes) -> Any:
    """JSON with its numbers as they were written."""
    return json.loads(content, parse_float=Number, parse_int=Number, parse_constant=Number)


def differences(sent: Any, received: Any, resolve: Resolve) -> list[str]:
    """FHIRPaths of what is not as it was sent, but for id, meta.versionId, meta.lastUpdated and links.

    A reference has to be what `resolve` says. Other strings may be, for the specification has uris and links
    of narratives rewritten (https://hl7.org/fhir/R4/http.html#trules), but not the value of an identifier.
    """
    type_ = str(sent.get("resourceType"))
    return list(_compare(_without_servers_own(sent), _without_servers_own(received), type_, "", resolve))


def _without_servers_own(resource: dict[str, Any]) -> dict[str, Any]:
    meta = {k: v for k, v in resource.get("meta", {}).items() if k not in ("versionId", "lastUpdated")}
    kept = {k: v for k, v in resource.items() if k not in ("id", "meta")}
    return {**kept, "meta": meta} if meta else kept


def _compare(sent: Any, received: Any, path: str, key: str, resolve: Resolve) -> Iterator[str]:
    if isinstance(sent, dict) and isinstance(received, dict):
        yield from _compare_members(sent, received, path, resolve)
    elif isinstance(sent, list) and isinstance(received, list):
        if len(sent) != len(received):
            yield f"{path}: {len(received)} elements instead of {len(sent)}"
        for n, (one, other) in enumerate(zip(sent, received, strict=False)):
            yield from _compare(one, other, f"{path}[{n}]", key, resolve)
    elif isinstance(sent, str) and isinstance(received, str):
        if received not in _allowed(sent, key, resolve):
            yield f"{path}: another text"
    elif sent != received:
        yield f"{path}: another value"


def _compare_members(
    sent: dict[str, Any], received: dict[str, Any], path: str, resolve: Resolve
) -> Iterator[str]:
    if list(sent) != list(received):
        yield f"{path}: members are missing, added or in another order"
    for key in sent.keys() & received.keys():
        yield from _compare(sent[key], received[key], f"{path}.{key}", key, resolve)


def _allowed(sent: str, key: str, resolve: Resolve) -> set[str]:
    if key == "reference":
        return {resolve(sent)}
    if key == "value":
        return {sent}
    if key == "div":
        return {sent, _LINK.sub(lambda found: f"{found[1]}{found[2]}{resolve(found[3])}{found[2]}", sent)}
    return {sent, resolve(sent)}

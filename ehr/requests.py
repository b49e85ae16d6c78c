"""Requests: what a client asks the record to store, already read and validated."""

from dataclasses import dataclass
from typing import Any, Literal

from ehr.appending import Criteria
from ehr.values import Actor

Action = Literal["create", "update", "delete"]


@dataclass(frozen=True, slots=True)
class Change:
    """One wish of a request.

    index: place among the Bundle's entries, None outside Bundles. id: of an update or delete by id.
    condition: If-None-Exist of a create, the search of a conditional update or delete. if_match: the version
    that If-Match names. raw, json: the resource as received and parsed; empty for a delete. several: whether
    a conditional delete is of all that match.
    """

    index: int | None
    action: Action
    type: str
    id: str | None = None
    condition: Criteria | None = None
    if_match: int | None = None
    full_url: str | None = None
    raw: bytes = b""
    json: dict[str, Any] | None = None
    several: bool = False


@dataclass(frozen=True, slots=True)
class IdempotencyKey:
    """An Idempotency-Key with the client that sent it and a hash of the request it came with."""

    client: str
    key: str
    request_hash: bytes


@dataclass(frozen=True, slots=True)
class Request:
    """Changes that are stored together or not at all, and who asks for them.

    happened now, by the door's clock: recorded_at, an RFC 3339 instant.
    """

    changes: list[Change]
    actor: Actor
    recorded_at: str
    correlation_id: str | None = None
    key: IdempotencyKey | None = None

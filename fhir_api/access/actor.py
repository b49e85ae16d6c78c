"""The Actor of a request: only here one is made. Until sign-in exists, request headers say who it is, and are
believed: the server listens on the loopback interface only (docs/security.md)."""

from collections.abc import Mapping

from ehr.values import Actor
from fhir_api.errors import BadRequest
from fhir_api.headers import text_of

LONGEST = 100
"""Characters of a header."""


def actor_of(headers: Mapping[str, str]) -> Actor:
    """From ``X-EHR-Client``, ``-User``, ``-Facility`` and ``-Device``. Raises BadRequest."""

    def said(name: str) -> str | None:
        value = text_of(headers.get(f"x-ehr-{name}", "")).strip()
        return value or None

    actor = Actor(said("client") or "anonymous", said("user"), said("facility"), said("device"))
    _check_lengths(actor)
    return actor


def _check_lengths(actor: Actor) -> None:
    """Shortened, two clients might become one, and share their Idempotency-Keys."""
    parts = {"Client": actor.client, "User": actor.user, "Facility": actor.facility, "Device": actor.device}
    long = [f"X-EHR-{name}" for name, part in parts.items() if part and len(part) > LONGEST]
    if long:
        raise BadRequest(f"More than {LONGEST} characters: {', '.join(long)}.")

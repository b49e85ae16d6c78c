"""The Actor of a request. Until sign-in exists, request headers say who it is, and are believed: the server
listens on the loopback interface only (docs/security.md)."""

from collections.abc import Mapping

from ehr.values import Actor
from fhir_api.headers import text_of

LONGEST = 100
"""Characters of a header that are kept."""


def actor_of(headers: Mapping[str, str]) -> Actor:
    """From ``X-EHR-Client``, ``-User``, ``-Facility`` and ``-Device``."""

    def said(name: str) -> str | None:
        value = text_of(headers.get(f"x-ehr-{name}", "")).strip()[:LONGEST]
        return value or None

    return Actor(said("client") or "anonymous", said("user"), said("facility"), said("device"))

"""Headers: what requests say in them, and those of answers that carry a version of a resource."""

from collections.abc import Sequence
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache

from ehr.values import Key
from fhir_api.errors import BadRequest

RawHeaders = Sequence[tuple[bytes, bytes]]
"""(name in small letters, value), as ASGI hands them on."""

ONCE = frozenset(
    (
        *(b"host", b"origin", b"content-type"),
        *(b"if-match", b"if-none-exist", b"if-modified-since", b"if-unmodified-since", b"idempotency-key"),
        *(b"x-ehr-client", b"x-ehr-user", b"x-ehr-facility", b"x-ehr-device", b"x-ehr-position"),
    )
)
"""Headers that may not come twice: to keep one of two conditions would be worse than to refuse both."""


def joined(headers: RawHeaders) -> list[tuple[bytes, bytes]]:
    """Each header once: lists that came in pieces (Accept, Prefer) become one
    (https://www.rfc-editor.org/rfc/rfc9110#section-5.3). Raises BadRequest."""
    found: dict[bytes, bytes] = {}
    for name, value in headers:
        if name in found and name in ONCE:
            raise BadRequest(f"Twice there: the header {name.decode()}.")
        between = b"; " if name == b"cookie" else b", "
        found[name] = found[name] + between + value if name in found else value
    return list(found.items())


def text_of(value: str) -> str:
    """A header's value as text: UTF-8 where its bytes are that, else Latin-1, as which ASGI hands it on.

    RFC 9110, section 5.5, leaves it open; clients write Vietnamese names in UTF-8.
    """
    try:
        return value.encode("latin-1").decode()
    except UnicodeError:
        return value


def etag(version: int) -> str:
    """The weak ETag of a version (https://hl7.org/fhir/R4/http.html#versioning)."""
    return f'W/"{version}"'


def version_headers(version: int, last_updated: datetime) -> dict[str, str]:
    """ETag and Last-Modified."""
    return {"ETag": etag(version), "Last-Modified": http_date(last_updated.replace(microsecond=0))}


@lru_cache(maxsize=1024)
def http_date(moment: datetime) -> str:
    """RFC 9110 date of a moment in UTC."""
    return format_datetime(moment, usegmt=True)


def location(base: str, key: Key, version: int) -> str:
    """The address of one version."""
    return f"{base}/{key.type}/{key.id}/_history/{version}"

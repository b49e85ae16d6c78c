"""Headers of answers that carry a version of a resource."""

from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache

from ehr.values import Key


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

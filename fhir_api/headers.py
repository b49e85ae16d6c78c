"""Headers of answers that carry a version of a resource."""

from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache

from ehr.values import Key


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

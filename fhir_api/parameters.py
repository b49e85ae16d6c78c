"""What the reading interactions share of parameters: names, counts and dates."""

from collections.abc import Iterable

from ehr.conditional import repeatable
from ehr.dates import Span, span
from fhir_api.errors import BadRequest
from projections.search import values
from projections.search.errors import BadValue

USUAL_COUNT = 50
"""Resources on a page when nothing else is asked: a screen or two, some 100 KB."""

MOST_COUNT = 1000
"""Resources on a page at most: a megabyte or two, which takes the server about 10 ms."""


def read_count(text: str) -> int:
    """How many resources a page is to have: 0 to MOST_COUNT. Raises BadRequest."""
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise BadRequest("_count must be a whole number.")
    return min(int(text), MOST_COUNT)


def alternatives(name: str, text: str) -> list[str]:
    """The values between commas. Raises BadRequest when one is empty, or there are too many."""
    try:
        return values.alternatives(name, text)
    except BadValue as error:
        raise BadRequest(str(error)) from None


def read_span(name: str, text: str) -> Span:
    """The time that a date, dateTime or instant means. Raises BadRequest."""
    # Many clients send +07:00 as it stands, and a + in an address is a space.
    value = span(text.replace(" ", "+"))
    if value is None:
        raise BadRequest(f"{name} must be a date or an instant, like 2024-05-10T08:00:00.000Z.")
    return value


def unsupported(given: Iterable[str], known: Iterable[str]) -> str:
    """What to say about parameters that are not known; nothing when all are."""
    unknown = set(given) - set(known)
    if not unknown:
        return ""
    names = ", ".join(repeatable(unknown)) or "a parameter whose name is none"
    return f"Not supported: {names}. Supported: {', '.join(known) or 'none'}."

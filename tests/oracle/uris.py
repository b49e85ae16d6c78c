"""uri: a URI as it is written (https://hl7.org/fhir/R4/search.html#uri)."""

from tests.oracle.expressions import Value
from tests.oracle.values import Matcher, Refused, plain

MODIFIERS = (None, "below", "above")


def matcher(text: str, modifier: str | None) -> Matcher:
    """modifier: one of MODIFIERS. A canonical matches whatever its version, if none is searched."""
    written = plain(text)
    if not written:
        raise Refused("no URI")
    if modifier and "://" not in written:
        raise Refused("above and below are for URLs")
    if modifier == "below":
        return lambda value: is_below(_url(value), written)
    if modifier == "above":
        return lambda value: is_below(written, _url(value))
    return lambda value: written in (value.content, _url(value))


def _url(value: Value) -> str:
    """Without the version of a canonical (https://hl7.org/fhir/R4/references.html#canonical)."""
    return str(value.content).partition("|")[0] if value.type == "canonical" else str(value.content)


def is_below(url: str, above: str) -> bool:
    """Whether the first is the second, or continues it after a slash."""
    return url == above or url.startswith(above if above.endswith("/") else f"{above}/")


def searchable(value: Value) -> bool:
    """Whether any search could find it."""
    return isinstance(value.content, str)

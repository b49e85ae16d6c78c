"""uri: a URI as it is written (https://hl7.org/fhir/R4/search.html#uri)."""

from tests.oracle.expressions import Value
from tests.oracle.values import Matcher, Refused, plain

MODIFIERS = (None, "below", "above")


def matcher(text: str, modifier: str | None) -> Matcher:
    """modifier: one of MODIFIERS."""
    written = plain(text)
    if not written:
        raise Refused("no URI")
    if modifier and written.startswith("urn:"):
        raise Refused("above and below are for URLs")
    if modifier == "below":
        return lambda value: is_below(str(value.content), written)
    if modifier == "above":
        return lambda value: (
            not str(value.content).startswith("urn:") and is_below(written, str(value.content))
        )
    return lambda value: bool(value.content == written)


def is_below(url: str, above: str) -> bool:
    """Whether the first is the second, or continues it after a slash."""
    return url == above or url.startswith(above if above.endswith("/") else f"{above}/")


def searchable(value: Value) -> bool:
    """Whether any search could find it."""
    return isinstance(value.content, str)

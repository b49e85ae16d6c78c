"""JSON schemas of the primitive types, with the patterns of the specification made strict.

Source: https://hl7.org/fhir/R4/datatypes.html#primitive. FHIR's patterns are not anchored and know no
calendar; these are and do. Where they are narrower than the specification it is because a view could not
hold the value:

- years 1000 to 9999, fractions of a second up to nine digits, decimals up to 1e300
- strings, codes and uris are never empty or blank ("could be trimmed to nothing, which would be treated as an
  invalid element value")
- base64 has its padding at the end only (RFC 4648)

The seconds value 60 (a leap second) and the year 9999 are legal, whoever computes with dates has to bear
them.
"""

from typing import Any

from ehr.definitions import RESOURCE_TYPES
from ehr.values import ID

Schema = dict[str, Any]

_COMMON_YEAR = (
    "[1-9][0-9]{3}(?:-(?:0[13578]|1[02])(?:-(?:0[1-9]|[12][0-9]|3[01]))?"
    "|-(?:0[469]|11)(?:-(?:0[1-9]|[12][0-9]|30))?"
    "|-02(?:-(?:0[1-9]|1[0-9]|2[0-8]))?)?"
)
_LEAP_DAY = "(?:[1-9][0-9](?:0[48]|[2468][048]|[13579][26])|(?:[2468][048]|[13579][26])00)-02-29"
_DAY = (
    "(?:[1-9][0-9]{3}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])"
    "|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)"
    f"|02-(?:0[1-9]|1[0-9]|2[0-8]))|{_LEAP_DAY})"
)
_TIME = "(?:[01][0-9]|2[0-3]):[0-5][0-9]:(?:[0-5][0-9]|60)(?:\\.[0-9]{1,9})?"
_ZONE = "(?:Z|[+-](?:(?:0[0-9]|1[0-3]):[0-5][0-9]|14:00))"
_DATE = f"(?:{_COMMON_YEAR}|{_LEAP_DAY})"
_INSTANT = f"{_DAY}T{_TIME}{_ZONE}"
_QUAD = "[0-9A-Za-z+/]{4}"
_PADDED = "(?:[0-9A-Za-z+/]{2}==|[0-9A-Za-z+/]{3}=)"

_ID = ID.pattern
_TYPES = "|".join(sorted(RESOURCE_TYPES))
_REFERENCE = (
    f"(?:{_TYPES})/{_ID}(?:/_history/{_ID})?|#(?:{_ID})?|(?:{_TYPES})[?].*\\S|[A-Za-z][A-Za-z0-9+.-]*:\\S+"
)
"""Of Reference.reference, a string by type (https://hl7.org/fhir/R4/references.html#literal): relative,
within the resource, by search, or absolute."""

MOST_CHARACTERS = 1024 * 1024
"""Strings SHALL NOT exceed 1 MB; base64Binary has no such limit."""

LARGEST = 2**31 - 1


def _text(pattern: str, most: int = MOST_CHARACTERS) -> Schema:
    return {"type": "string", "pattern": f"^(?:{pattern})$", "maxLength": most}


def _whole(least: int) -> Schema:
    return {"type": "integer", "minimum": least, "maximum": LARGEST}


_NOT_BLANK: Schema = {"type": "string", "pattern": "\\S", "maxLength": MOST_CHARACTERS}
_NO_SPACE = _text("\\S+")

FORMATS: dict[str, Schema] = {
    "base64Binary": {"type": "string", "pattern": f"^(?:\\s*{_QUAD})*(?:\\s*(?:{_QUAD}|{_PADDED}))\\s*$"},
    "boolean": {"type": "boolean"},
    "canonical": _NO_SPACE,
    "code": _text("\\S+(?:\\s\\S+)*"),
    "date": _text(_DATE),
    "dateTime": _text(f"{_DATE}|{_INSTANT}"),
    "decimal": {"type": "number", "minimum": -1e300, "maximum": 1e300},
    "id": _text(_ID),
    "instant": _text(_INSTANT),
    "integer": _whole(-(2**31)),
    "markdown": _NOT_BLANK,
    "oid": _text("urn:oid:[0-2](?:\\.(?:0|[1-9][0-9]*))+"),
    "positiveInt": _whole(1),
    "reference": _text(_REFERENCE),
    "string": _NOT_BLANK,
    "system.id": _text(_ID),
    "system.string": _NO_SPACE,
    "system.uri": _NO_SPACE,
    "time": _text(_TIME),
    "unsignedInt": _whole(0),
    "uri": _NO_SPACE,
    "url": _NO_SPACE,
    "uuid": _text("urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"),
    "xhtml": {"type": "string", "minLength": 1},
}

CODES_BY_FORM: dict[str, Schema] = {"http://hl7.org/fhir/ValueSet/currencies": _text("[A-Z]{3}")}
"""Required value sets of which R4 holds no list, but a form is known (ISO 4217)."""

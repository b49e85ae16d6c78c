"""Random resources of any type that are valid R4 and as odd as R4 allows, drawn from the element table."""

from copy import deepcopy
from random import Random
from typing import Any

from hypothesis import strategies as st

from ehr.definitions import RESOURCE_TYPES, Element, elements, required_codes
from ehr.definitions.tables import BARE, PRIMITIVES
from fhir_api.intake.formats import CODES_BY_FORM

Json = Any

DATES = ["1000", "1000-01", "9999", "9999-12", "2024-02", "2024-02-29", "9999-12-31", "1600-02-29"]
INSTANTS = [
    "2024-02-29T23:59:60.123456789+14:00",
    "9999-12-31T23:59:59-14:00",
    "1000-01-01T00:00:00+14:00",
    "2024-07-01T08:30:00+07:00",
    "2024-07-01T08:30:00.1Z",
]
TEXTS = [
    "Nguyễn Thị Ánh",
    " x ",
    ":",
    '":',
    "\\",
    "a\tb\r\nc",
    "\x01",
    "\x7f",
    "\U0001f9ec",
    "x" * 5000,
    "[",
    "}",
    "\u0301",
    "\U0010ffff",
    "İ ẞ ﬃ đ̣ ﷺ ۱²Ⅷ",
    "\u202eHoa\ufeff\u200b-A\u00ad'Hoa",
    "a " * 30 + "ngà",
    "%_\\,$|",
]
URIS = ["urn:uuid:c757873d-ec9a-4326-a141-556f43239520", "http://x", "#", "a:b", "Patient/1", "é"]
URIS += ["http://x/" + "/" * 70, "http://[", "HTTP://X/a//b/", "http://x/a|", "|"]

SAMPLES: dict[str, list[Json]] = {
    "base64Binary": ["AAAA", "QQ==", "QUI=", "QUJD\nQUJD", " QUJD "],
    "boolean": [True, False],
    "canonical": [*URIS, "http://x|1"],
    "code": ["a", "a b", "ơ", "1.2", "A", "İ", "\u0301", "a|b"],
    "date": DATES,
    "dateTime": DATES + INSTANTS,
    "decimal": [0, -0.0, 1.10, 1e300, -1e245, 1e-300, 123456789012345678, 72.50, 100, 5.4, -1e300],
    "id": ["a", "A-1.b", "x" * 64],
    "instant": INSTANTS,
    "integer": [0, -(2**31), 2**31 - 1],
    "markdown": TEXTS,
    "oid": ["urn:oid:1.2.3", "urn:oid:0.0"],
    "positiveInt": [1, 2**31 - 1],
    "string": TEXTS,
    "system.id": ["a", "x" * 64],
    "system.string": ["a", "x" * 100],
    "system.uri": URIS,
    "time": ["00:00:00", "23:59:60.000000001"],
    "unsignedInt": [0, 2**31 - 1],
    "uri": URIS,
    "url": URIS,
    "uuid": ["urn:uuid:c757873d-ec9a-4326-a141-556f43239520"],
    "xhtml": ['<div xmlns="http://www.w3.org/1999/xhtml"><p>a <a href="Patient/1">b</a></p></div>'],
}
REFERENCES = [
    *("Patient/1", "Patient/2/_history/3", "Encounter/1", "Patient?identifier=a|b", "http://x/Patient/9"),
    *("urn:uuid:c757873d-ec9a-4326-a141-556f43239520", "#", "Patient?name=a b", "Group/1"),
]
INNER = {
    "resourceType": "Basic",
    "id": "inner",
    "code": {"text": "x"},
    "subject": {"reference": "#"},
}
DEEPEST = 4


def resources(*types: str) -> st.SearchStrategy[dict[str, Json]]:
    """Valid resources of these types, or of any."""
    return st.builds(
        lambda kind, seed: any_resource(Random(seed), kind),
        st.sampled_from(types or sorted(RESOURCE_TYPES)),
        st.integers(0, 2**32),
    )


def any_resource(random: Random, kind: str) -> dict[str, Json]:
    """A valid resource of one type."""
    return {"resourceType": kind} | _fill(random, kind, 0)


def least(type_: str) -> dict[str, Json]:
    """What a value of a type must have, and no more; one element of a type that need not have any."""
    return _fill(_Least(), type_, 0)


class _Least(Random):
    """Adds nothing that need not be there, and of several picks the first."""

    def random(self) -> float:
        return 0.7

    def choice(self, seq: Any) -> Any:
        return seq[0]


def _fill(random: Random, type_: str, depth: int) -> dict[str, Json]:
    if type_ == "Extension":
        return _extension(random, depth)
    node: dict[str, Json] = {}
    for element in elements(type_):
        if element.least or (depth < DEEPEST and random.random() < 0.4 / (depth + 1)):
            node |= _element(random, type_, element, depth)
    return node or _at_least_one(random, type_, depth)


def _at_least_one(random: Random, type_: str, depth: int) -> dict[str, Json]:
    plain = [row for row in elements(type_) if row.types[0] in PRIMITIVES and row.name != "id"]
    return _element(random, type_, random.choice(plain or elements(type_)[2:]), depth)


def _extension(random: Random, depth: int) -> dict[str, Json]:
    (value,) = [row for row in elements("Extension") if row.name == "value[x]"]
    if depth >= DEEPEST:
        return {"url": "http://x", "valueCode": "x"}
    if random.random() < 0.2:
        return {"url": "http://x", "extension": [_extension(random, depth + 1)]}
    return {"url": "http://x"} | _element(random, "Extension", value, depth)


def _element(random: Random, owner: str, element: Element, depth: int) -> dict[str, Json]:
    key, type_ = random.choice(sorted(element.types_by_key().items()))
    if type_ == "Resource" or (owner, element.name) == ("Reference", "reference"):
        value = deepcopy(INNER if type_ == "Resource" else random.choice(REFERENCES))
        return {key: value if element.most == 1 else [value]}
    if type_ in PRIMITIVES:
        return _primitive(random, key, type_, element, depth)
    values = [_complex(random, type_, element.codes, depth) for _ in range(random.choice([1, 1, 2]))]
    return {key: values[0] if element.most == 1 else values}


def _complex(random: Random, type_: str, value_set: str | None, depth: int) -> dict[str, Json]:
    codes = required_codes(value_set) if value_set else None
    if codes and type_ == "CodeableConcept":
        system, found = random.choice(sorted(codes.items()))
        return {"coding": [{"code": "other"}, {"system": system, "code": random.choice(found)}]}
    return _fill(random, type_, depth + 1)


def _primitive(random: Random, key: str, type_: str, element: Element, depth: int) -> dict[str, Json]:
    value = _sample(random, type_, element.codes)
    beside = {"extension": [_extension(random, depth + 1)]}
    if depth >= DEEPEST or type_ in BARE or random.random() < 0.8:
        return {key: value if element.most == 1 else [value]}
    if element.most == 1:
        return random.choice([{f"_{key}": beside}, {key: value, f"_{key}": beside}])
    return random.choice([{key: [None, value], f"_{key}": [beside, None]}, {f"_{key}": [beside]}])


def _sample(random: Random, type_: str, value_set: str | None) -> Json:
    if value_set in CODES_BY_FORM:
        return "VND"
    codes = required_codes(value_set) if value_set else None
    if codes:
        return random.choice([code for found in codes.values() for code in found])
    return random.choice(SAMPLES[type_])

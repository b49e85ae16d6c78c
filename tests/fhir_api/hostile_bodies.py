"""Bodies that mean no good: random JSON, valid resources with something wrong in them, random Bundles.

Values are marked (CANARY), so that one can see whether an answer repeats any of them.
"""

import json
from random import Random
from typing import Any, NamedTuple
from uuid import UUID

from tests.fhir_api.intake.examples import KNOWN_INVALID, kept
from tests.fhir_api.intake.valid_resources import any_resource

CANARY = "chim hoàng yến 7f3a"
"""Stands in values only. It is no name, so as a key it may not be repeated either."""


class Raw(NamedTuple):
    """JSON text, right or wrong, that stands for a value."""

    text: str


class Pairs(NamedTuple):
    """An object whose keys need not differ."""

    pairs: list[tuple[str, Any]]


WRONG_TEXTS = [
    '"\\u0000"',
    '"\\ud800"',
    '"\\udc00\\ud800"',
    f'"{CANARY}\\u0000"',
    "1e999",
    "-1e999",
    "1e-999",
    "-0.0",
    "9" * 60,
    "0." + "1" * 60,
    "NaN",
    "Infinity",
    "01",
    "+1",
    "'x'",
    "tru",
    '"\n"',
    '"\\x"',
    '"',
    "",
    "[1,]",
    "{,}",
    "[" * 70 + "]" * 70,
    '{"a":' * 70 + "1" + "}" * 70,
    "[" * 2000,
]
STRINGS = [
    CANARY,
    "",
    " ",
    "x" * 5000,
    "\u202e\ufeff\x7f",
    "null",
    "2024-02-30",
    "Patient/1",
    f"Patient/{CANARY}",
    f"Patient?identifier=a|{CANARY}",
    f"Patient?name={CANARY}",
    "Patient?identifier=a|%00",
    f"{CANARY}?identifier=a|b",
    "urn:uuid:00000000-0000-4000-8000-000000000001",
    "http://x/fhir/Patient/1",
    "#",
    "#a",
    "../..",
    "<div xmlns='http://www.w3.org/1999/xhtml'><script/></div>",
    '"},{"',
    "\\",
    "'; drop table record.facts; --",
    "%s%n",
    "{{7*7}}",
]
KEYS = [
    "resourceType",
    "id",
    "meta",
    "text",
    "extension",
    "contained",
    "identifier",
    "_id",
    "__proto__",
    "",
    CANARY,
]
KEYS += [
    "value",
    "valueQuantity",
    "subject",
    "reference",
    "entry",
    "resource",
    "request",
    "versionId",
    "lastUpdated",
]
METHODS = ["POST", "PUT", "DELETE", "GET", "PATCH", "HEAD", "post", "", CANARY]
URLS = [
    "Patient",
    "Patient/1",
    "Patient/2",
    "Basic",
    "Observation",
    "/",
    "//",
    "?",
    "Patient/",
    "Patient/1/_history/1",
    "Patient/1/$everything",
    "Patient?identifier=a|1",
    "Patient?identifier=a|2",
    f"Patient?identifier=a|{CANARY}",
    f"Patient?name={CANARY}",
    "Patient?identifier=a|%00",
    "Patient?identifier=%ff%fe",
    "Patient/%00",
    "Patient/%2e%2e",
    "metadata",
    "Nothing/1",
    "http://elsewhere/fhir/Patient/1",
    "Patient?_count=99999999999",
    "Patient/1?_format=xml",
    "Observation?_lastUpdated=gt2020&_sort=_lastUpdated",
    CANARY,
]
CONDITIONS = [
    "identifier=a|1",
    "identifier=a|2",
    "Patient?identifier=a|1",
    "name=x",
    "identifier=a|%00",
    "?",
    "=",
    "&",
]
CONDITIONS += ['W/"1"', 'W/"2"', "*", "1", "x", CANARY]


def body(random: Random) -> bytes:
    """One body."""
    kind = random.choice([_json, _mutated, _mutated, _mutated, _bundle, _bundle, _bundle])
    text = render(kind(random), random).encode("utf-8", "surrogatepass")
    return _torn(random, text) if random.random() < 0.1 else text


def resource(random: Random) -> Any:
    """A resource, mostly valid, small ones among them that can be met again."""
    if random.random() < 0.4:
        number = random.choice(["1", "2"])
        name = {"resourceType": "Patient", "id": number, "identifier": [{"system": "a", "value": number}]}
        return name | random.choice([{}, {"active": True}, {"birthDate": "1950"}])
    if random.random() < 0.5:
        return json.loads(bytes(random.choice(_examples()).resource))
    kinds = [
        "Patient",
        "Basic",
        "Observation",
        "Encounter",
        "Bundle",
        "Parameters",
        "Condition",
        "Composition",
    ]
    return any_resource(random, random.choice(kinds))


def render(value: Any, random: Random) -> str:
    """The JSON text of a value; mostly plain."""
    if isinstance(value, Raw):
        return value.text
    if isinstance(value, dict):
        value = Pairs(list(value.items()))
    if isinstance(value, Pairs):
        members = [f"{_string(key, random)}:{render(one, random)}" for key, one in value.pairs]
        return "{" + random.choice([",", ", ", ",\n\t"]).join(members) + "}"
    if isinstance(value, list):
        return "[" + ",".join(render(one, random) for one in value) + "]"
    return _string(value, random) if isinstance(value, str) else json.dumps(value)


_cache: list[Any] = []


def _examples() -> list[Any]:
    if not _cache:
        _cache.extend(e for e in kept() if e.file not in KNOWN_INVALID and len(bytes(e.resource)) < 8_000)
    return _cache


def _string(text: str, random: Random) -> str:
    return json.dumps(text, ensure_ascii=random.random() < 0.2)


def _json(random: Random, depth: int = 0) -> Any:
    kind = random.random()
    if depth > 5 or kind < 0.3:
        return _scalar(random)
    if kind < 0.55:
        return [_json(random, depth + 1) for _ in range(random.randrange(4))]
    return Pairs([(random.choice(KEYS), _json(random, depth + 1)) for _ in range(random.randrange(5))])


def _scalar(random: Random) -> Any:
    kind = random.randrange(4)
    if kind == 0:
        return Raw(random.choice(WRONG_TEXTS))
    return random.choice([None, True, False, 0, -1, 1.5, 10**30, 2**31] if kind == 1 else STRINGS)


def _mutated(random: Random) -> Any:
    found = resource(random)
    for _ in range(random.choice([0, 1, 1, 2, 5])):
        _spoil(random, found)
    return found


def _spoil(random: Random, root: Any) -> None:
    """Changes one place below."""
    places = list(_places(root))
    if not places:
        return
    parent, key = random.choice(places)
    was = parent[key]
    wrongs = [_json(random), _scalar(random), [was], {random.choice(KEYS): was}, CANARY]
    parent[key] = random.choice(wrongs)
    if isinstance(parent, dict) and random.random() < 0.2:
        parent[random.choice(KEYS)] = _json(random)


def _places(node: Any) -> Any:
    keys = list(node) if isinstance(node, dict) else range(len(node)) if type(node) is list else []
    for key in keys:
        yield node, key
        yield from _places(node[key])


def _bundle(random: Random) -> Any:
    entries = [_entry(random) for _ in range(random.choice([0, 1, 2, 3, 8]))]
    kind = random.choice(["transaction", "batch", "batch", random.choice(["collection", "", CANARY, 5])])
    found: dict[str, Any] = {"resourceType": "Bundle", "type": kind, "entry": entries}
    if random.random() < 0.2:
        _spoil(random, found)
    return found


def _entry(random: Random) -> Any:
    usual = random.random() < 0.5
    one = resource(random) if usual else _mutated(random)
    type_ = one.get("resourceType") if isinstance(one, dict) else "Patient"
    if usual:
        id_ = one.get("id")
        put = {"method": "PUT", "url": f"{type_}/{id_}"}
        request = put if id_ and random.random() < 0.5 else {"method": "POST", "url": type_}
    else:
        request = {"method": random.choice(METHODS), "url": random.choice(URLS)}
    for name in ("ifMatch", "ifNoneExist", "ifNoneMatch", "ifModifiedSince"):
        if random.random() < 0.1:
            request[name] = random.choice(CONDITIONS)
    found = {"resource": one, "request": request}
    if random.random() < 0.5:
        found["fullUrl"] = random.choice(
            [f"urn:uuid:{UUID(int=random.randrange(4), version=4)}", *STRINGS[:6]]
        )
    if random.random() < 0.1:
        _spoil(random, found)
    return found


def _torn(random: Random, text: bytes) -> bytes:
    """The text with bytes lost or changed."""
    if not text:
        return text
    at = random.randrange(len(text))
    return random.choice(
        [
            text[:at],
            text[:at] + bytes([random.randrange(256)]) + text[at + 1 :],
            text[:at] + b"\xff\xfe" + text[at:],
            b"\xef\xbb\xbf" + text,
            text + text,
            text.decode("utf-8", "replace").encode("utf-16"),
        ]
    )

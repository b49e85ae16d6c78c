"""Limits on the text: exact at the border, not fooled by strings that look like JSON."""

import json
from typing import Any

import orjson
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fhir_api.intake import IntakeRefused, Limits, scan

LIMITS = Limits(size=1_000_000)


def _reason(raw: bytes, limits: Limits = LIMITS) -> str | None:
    try:
        scan(raw, limits)
    except IntakeRefused as refusal:
        (issue,) = refusal.issues
        return issue.text
    return None


def _nested(levels: int, start: bytes = b"[", end: bytes = b"]") -> bytes:
    return start * levels + end * levels


TOO_DEEP = "not JSON, or nested deeper than 64 levels"
NUL = "a string holds the character NUL"
LONG = "a number is longer than 40 characters"
EXPONENT = "a number has an exponent beyond 300"
EQUAL = "an object has two equal keys"

REFUSED = {
    "65 lists": (_nested(65), TOO_DEEP),
    "65 objects": (b'{"a":' * 65 + b"1" + b"}" * 65, TOO_DEEP),
    "deep beside shallow": (b"[" + b"[]," * 99 + _nested(64) + b"]", TOO_DEEP),
    "deep beside brackets in strings": (b'["]]]]]"' + b',["]"' * 64 + b"]" * 65, TOO_DEEP),
    "closing brackets only in strings": (b'["]",' * 65 + b"1" + b"]" * 65, TOO_DEEP),
    "deep after an escaped quote": (b'["\\"]",' * 65 + b"1" + b"]" * 65, TOO_DEEP),
    "deep after an escaped backslash": (b'["\\\\",' * 65 + b"1" + b"]" * 65, TOO_DEEP),
    "never closed": (b"[" * 100_000, TOO_DEEP),
    "a million deep": (_nested(400_000), TOO_DEEP),
    "never closed string": (b'{"a": "', TOO_DEEP),
    "NUL in a string": (rb'["\u0000"]', NUL),
    "NUL in a key": (rb'{"a\u0000":1}', NUL),
    "NUL after escaped backslashes": (rb'["\\\\\u0000"]', NUL),
    "41 digits": (b"[" + b"1" * 41 + b"]", LONG),
    "41 characters": (b"[0." + b"1" * 39 + b"]", LONG),
    "41 characters in the key's value": (b'{"a":-' + b"1" * 40 + b"}", LONG),
    "large exponent": (b"[0e301]", EXPONENT),
    "small exponent": (b"[1e-301]", EXPONENT),
    "capital exponent": (b"[1.5E-9999]", EXPONENT),
    "large exponent at the end": (b'{"a":0E+999}', EXPONENT),
    "equal keys": (b'{"a":1,"a":1}', EQUAL),
    "equal keys, a blank before the colon": (b'{"a" :1,"a":2}', EQUAL),
    "equal keys, a tab before the colon": (b'{"a"\t:1,"a":2}', EQUAL),
    "equal keys, a line before the colon": (b'{"a"\n:1,"a"\r:2}', EQUAL),
    "equal keys, one escaped": (rb'{"a":1,"\u0061":2}', EQUAL),
    "equal keys beside a written colon": (rb'{"a":1,"a":2,"b":"\u003afoo"}', EQUAL),
    "equal keys beside a written quote": (rb'{"a":1,"a":2,"b":"\u0022:"}', EQUAL),
    "equal keys beside a written backslash": (rb'{"a":1,"a":2,"b":"\u005c:"}', EQUAL),
    "equal keys beside a colon in front": (b'{"a":":","a":":"}', EQUAL),
    "equal keys, objects": (b'[{"x":{"a":{"c":1},"a":{}}}]', EQUAL),
    "equal empty keys": (b'{"":1,"":2}', EQUAL),
}

NOT_JSON = [
    *(
        b"",
        b" ",
        b"{",
        b"{]",
        b"[1,]",
        b'{"a":1,}',
        b"{'a':1}",
        b"NaN",
        b"Infinity",
        b"01",
        b"1.",
        b"+1",
        b"tru",
    ),
    *(
        b'"\x00"',
        b"\x00",
        b'"\n"',
        b"\xef\xbb\xbf{}",
        b'"\xff"',
        b'"\xed\xa0\x80"',
        rb'"\ud800"',
        rb'"\udc00\ud800"',
    ),
    *(b"1e400", b"-1e400", b"{}{}", b"// x\n{}", rb'"\x41"'),
]

ACCEPTED = [
    _nested(64),
    b'["' + b"[" * 500 + b'"]',
    b'["' + b"{" * 500 + rb"\"" + b"}" * 9 + b'"]',
    rb'["\\"]',
    rb'["\\u0000"]',
    b"[" + b"1" * 40 + b"]",
    b'["' + b"1" * 100 + b'"]',
    b'["----------------------------------------------------"]',
    b"[1e300, -1E-300, 0.1e00000001]",
    b'["1e-9999","1e999,",1]',
    b'["5e1234"]',
    b'{"a" : 1, "b" : {"a" : 2}}',
    b'{"a":":","b":"\\":","c":"x\\\\"}',
    rb'{"a":"\u003a","b":"\u0022:"}',
    '{"tên":"Nguyễn Thị Ánh","\U0001f9ec":1}'.encode(),
    b"null",
]


@pytest.mark.parametrize(("raw", "reason"), REFUSED.values(), ids=REFUSED.keys())
def test_what_breaks_a_limit_is_refused(raw: bytes, reason: str) -> None:
    assert _reason(raw) == reason


@pytest.mark.parametrize("raw", NOT_JSON)
def test_what_is_not_json_is_refused(raw: bytes) -> None:
    reason = _reason(raw)
    assert reason is not None
    assert reason.startswith("not JSON")


@pytest.mark.parametrize("raw", ACCEPTED)
def test_what_keeps_the_limits_is_read(raw: bytes) -> None:
    assert scan(raw, LIMITS) == orjson.loads(raw)


def test_the_size_is_counted_in_bytes() -> None:
    raw = '"Ánh"'.encode()
    assert _reason(raw, Limits(size=len(raw))) is None
    assert _reason(raw, Limits(size=len(raw) - 1)) == "larger than 5 bytes"


def test_limits_are_values() -> None:
    assert _reason(_nested(3), Limits(size=99, depth=2)) == "not JSON, or nested deeper than 2 levels"
    assert _reason(b"[123]", Limits(size=99, number=2)) == "a number is longer than 2 characters"


PIECES = st.lists(
    st.sampled_from(
        [b"{", b"}", b"[", b"]", b'"', b":", b",", b"\\", b"a", b"1", b"e", b"-", b" ", b"\\u003a", b'"a":']
    ),
    max_size=30,
).map(b"".join)


@given(st.binary(max_size=60) | PIECES)
@settings(max_examples=800, deadline=None)
@example(b'{"[":{}, "]":1}')
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    if _reason(raw, Limits(size=99, depth=3)) is None:
        assert _depth(orjson.loads(raw)) <= 3


class Pairs(list[tuple[str, Any]]):
    """The members of an object, of which two may have one key."""


VALUES = st.recursive(
    st.integers(0, 9) | st.text(alphabet='":\\[]{}aé\n', max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(st.tuples(st.text(alphabet='":\\[]{}a', max_size=2), inner)).map(Pairs)
    ),
    max_leaves=8,
)


@given(VALUES, st.booleans(), st.sampled_from([":", " : ", "\n:"]))
@settings(max_examples=500, deadline=None)
def test_depth_and_equal_keys_are_judged_as_by_hand(value: Any, escaped: bool, colon: str) -> None:
    raw = _text(value, escaped, colon).encode()
    equal, deep = _has_equal_keys(value), _depth(value) > 3
    wrong = [EQUAL] * equal + ["not JSON, or nested deeper than 3 levels"] * deep
    told = _reason(raw, Limits(size=10_000, depth=3))
    assert told in wrong if wrong else told is None


def _text(value: Any, escaped: bool, colon: str) -> str:
    if isinstance(value, Pairs):
        members = (_string(key, escaped) + colon + _text(item, escaped, colon) for key, item in value)
        return "{" + ", ".join(members) + "}"
    if isinstance(value, list):
        return "[" + ",".join(_text(item, escaped, colon) for item in value) + "]"
    return _string(value, escaped) if isinstance(value, str) else str(value)


def _string(text: str, escaped: bool) -> str:
    """A JSON string; if escaped every character as ``\\uXXXX``."""
    return '"' + "".join(f"\\u{ord(char):04x}" for char in text) + '"' if escaped else json.dumps(text)


def _depth(value: Any) -> int:
    if isinstance(value, dict):
        value = list(value.items())
    if isinstance(value, Pairs):
        value = [item for _, item in value]
    return 1 + max(map(_depth, value), default=0) if isinstance(value, list) else 0


def _has_equal_keys(value: Any) -> bool:
    if isinstance(value, Pairs):
        keys = [key for key, _ in value]
        return len(set(keys)) < len(keys) or any(_has_equal_keys(item) for _, item in value)
    return isinstance(value, list) and any(map(_has_equal_keys, value))


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (rb'{"resourceType":"Patient","name":[{},{"given":["a","\u0000"]}]}', "Patient.name[1].given[1]"),
        (rb'{"resourceType":"Patient","name":[{"\u0000":1}]}', "Patient.name[0]"),
        (b'{"resourceType":"Patient","link":[{"type":1,"type":2}]}', "Patient.link[0].type"),
        (b'{"resourceType":"Patient","_active":{"id":"a","id":"b"}}', "Patient.active.id"),
        (b'{"resourceType":"Observation","valueQuantity":{"value":1e-301}}', "Observation.value.value"),
        (b'{"resourceType":"Observation","valueInteger":' + b"1" * 41 + b"}", "Observation.value"),
        (b'{"resourceType":"Patient","text":{"div":"a","div":"b"}}', "Patient.text.`div`"),
        (b'{"resourceType":"Patient","0909 123 456":{"a":1,"a":1}}', "Patient"),
        (b'{"a":1,"a":' + b"[" * 60 + b"]" * 60 + b"}", "Patient.a"),
        (b'{"a":1,"a":"' + b"x" * 16_384 + b'"}', "Patient"),
        (b'[{"a":1,"a":1}]', "Patient[0].a"),
    ],
    ids=range(11),
)
def test_what_is_wrong_in_a_text_is_told_at_its_place(text: bytes, place: str) -> None:
    with pytest.raises(IntakeRefused) as refused:
        scan(text, LIMITS, place.partition(".")[0].partition("[")[0])
    assert [issue.expression for issue in refused.value.issues] == [place]


def test_without_a_place_of_the_text_none_is_told() -> None:
    with pytest.raises(IntakeRefused) as refused:
        scan(b'{"resourceType":"Patient","active":true,"active":true}', LIMITS)
    assert [issue.expression for issue in refused.value.issues] == [""]

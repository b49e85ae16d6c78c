"""Limits on the text of a body, checked before anything walks it.

orjson and PostgreSQL disagree with careless JSON in several ways, each a ready-made crash: orjson reads
1,024 levels but writes 254; it lets NUL pass, which PostgreSQL cannot store; it keeps the last of two equal
keys; it turns 1e-400 into 0. It refuses by itself what is not JSON or not UTF-8, a lone surrogate, and a
number beyond a double.

Everything here is a few passes in C over the bytes. Each test has a cheap form, which may err towards
suspicion only, and an exact form for what is suspected.
"""

import json
import re
from dataclasses import dataclass
from typing import Any, NoReturn

import orjson

from fhir_api.intake.issues import IntakeRefused, Issue


@dataclass(frozen=True, slots=True)
class Limits:
    """size: bytes of the text. depth: levels of objects and arrays. number: characters of a number."""

    size: int
    depth: int = 64
    number: int = 40


LARGEST_EXPONENT = 300
"""Within a double, and well within PostgreSQL's numeric."""


def scan(raw: bytes, limits: Limits) -> Any:
    """The JSON value of a text that keeps the limits; raises IntakeRefused for any other text."""
    if len(raw) > limits.size:
        _refuse("too-long", f"larger than {limits.size} bytes")
    plain = _without_escapes(raw)
    if rb"\u0000" in plain:
        _refuse("value", "a string holds the character NUL")
    _check_depth(plain, limits)
    value = _parsed(raw)
    _check_numbers(plain, limits)
    _check_keys(raw, plain, value)
    return value


def _refuse(code: str, text: str) -> NoReturn:
    raise IntakeRefused([Issue(code, "", text)])


def _parsed(raw: bytes) -> Any:
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        _refuse("structure", f"not JSON at line {error.lineno}, column {error.colno}")


def _without_escapes(text: bytes) -> bytes:
    """The text without escaped backslashes and quotes: every quote that is left begins or ends a string."""
    return text.replace(rb"\\", b"").replace(rb"\"", b"") if b"\\" in text else text


# Depth.

_CURLY = bytes.maketrans(b"[]", b"{}")
_ALL_BUT_SHAPE = bytes(set(range(256)) - set(b'{}[]"'))
_STRING = re.compile(rb'"[^"]*"')


def _check_depth(plain: bytes, limits: Limits) -> None:
    """Keep brackets only, then remove the innermost pairs until none is left: one level a pass."""
    shape = plain.translate(_CURLY, _ALL_BUT_SHAPE).replace(b'""', b"")
    if b'"' in shape:
        shape = _STRING.sub(b"", shape)
    too_deep = b"{" * (limits.depth + 1)
    levels = limits.depth
    while shape and levels and too_deep not in shape:
        shape = shape.replace(b"{}", b"")
        levels -= 1
    if shape:
        _refuse("structure", f"not JSON, or nested deeper than {limits.depth} levels")


# Numbers.

_DIGITS = bytes.maketrans(b"123456789E+", b"000000000e-")
_IN_NUMBERS = bytes(ord("0") if byte in b"0123456789eE+-." else ord(" ") for byte in range(256))
_LARGE_EXPONENT = re.compile(rb"0e-?0{3,}(?:[,\]}\s]|$)")
_TOKEN = re.compile(rb'"[^"]*"|(-?[0-9][0-9.eE+-]*)')


def _check_numbers(plain: bytes, limits: Limits) -> None:
    digits = plain.translate(_DIGITS)
    has_long = b"0" * (limits.number + 1) in digits.translate(_IN_NUMBERS)
    if not has_long and not _has_large_exponent(digits):
        return
    for number in filter(None, _TOKEN.findall(plain)):
        _check_number(number, limits)


def _has_large_exponent(digits: bytes) -> bool:
    """Hexadecimal text such as a UUID looks like one often, but seldom with an end like a number's."""
    return (b"0e000" in digits or b"0e-000" in digits) and _LARGE_EXPONENT.search(digits) is not None


def _check_number(number: bytes, limits: Limits) -> None:
    if len(number) > limits.number:
        _refuse("value", f"a number is longer than {limits.number} characters")
    _, _, exponent = number.lower().partition(b"e")
    if exponent and abs(int(exponent)) > LARGEST_EXPONENT:
        _refuse("value", f"a number has an exponent beyond {LARGEST_EXPONENT}")


# Equal keys.

_KEY = b'":'
_BLANK_BEFORE_COLON = ((b" ", b" :"), (b"\n", b"\n:"), (b"\r", b"\r:"), (b"\t", b"\t:"))
_MISLEADING_ESCAPES = (rb"\u0022", rb"\u003a", rb"\u003A", rb"\u005c", rb"\u005C")


def _check_keys(raw: bytes, plain: bytes, value: Any) -> None:
    """Of equal keys reading keeps one, so written again the text has fewer keys.

    Keys are counted as ``":``, of which a string that begins with a colon has one too, in both texts. Not
    so where a blank stands before a colon or a colon, quote or backslash is written as ``\\u003a``: there
    the exact way decides.
    """
    if _counts_agree(plain, value):
        return
    json.loads(raw, object_pairs_hook=_distinct, parse_int=str, parse_float=str)


def _counts_agree(plain: bytes, value: Any) -> bool:
    for blank, before_colon in _BLANK_BEFORE_COLON:
        if blank in plain and before_colon in plain:
            return False
    if rb"\u00" in plain and any(mark in plain for mark in _MISLEADING_ESCAPES):
        return False
    return plain.count(_KEY) == _without_escapes(orjson.dumps(value)).count(_KEY)


def _distinct(pairs: list[tuple[str, Any]]) -> None:
    if len({key for key, _ in pairs}) != len(pairs):
        _refuse("structure", "an object has two equal keys")

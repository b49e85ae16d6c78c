"""The frame of a Bundle: what its entries ask for, with the text of each resource cut out.

The resources are cut out as they stand, so that their bytes can be kept; what is left of the Bundle is
checked as a resource of its own (https://hl7.org/fhir/R4/bundle.html).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import NamedTuple

import msgspec
import orjson

from fhir_api.errors import BadRequest
from fhir_api.intake import IntakeRefused, Issue, Limits, scan, validate
from fhir_api.outcomes import Invalid

_PLACEHOLDER = {"resourceType": "Parameters"}
_A_RESOURCE = orjson.dumps(_PLACEHOLDER)
_AN_ENTRY = b'{"request":{"method":"GET","url":"x"}}'
_LARGEST_REST, _LARGEST_FRAME = 1 << 20, 1 << 10
"""Bytes of a Bundle without its resources: in all, and more for each entry (usual are 200)."""

_MSGSPEC_PLACE = re.compile(r"^(?P<what>.*?)(?: - at `\$(?P<path>.*)`)?$", re.DOTALL)


class _TooManyEntries(Exception):
    pass


class _Places:
    """How many entries may still be read: a text of millions of them must not become millions of objects."""

    left = 0

    def take(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise _TooManyEntries


_places = _Places()


class EntryRequest(msgspec.Struct, rename="camel"):
    """Bundle.entry.request."""

    method: str = ""
    url: str = ""
    if_match: str | None = None
    if_none_exist: str | None = None
    if_none_match: str | None = None
    if_modified_since: str | None = None


class _Counted(msgspec.Struct):
    def __post_init__(self) -> None:
        _places.take()


class _Entry(_Counted, rename="camel"):
    full_url: str | None = None
    resource: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    request: EntryRequest | None = None


class _Bundle(msgspec.Struct, rename="camel"):
    resource_type: str = ""
    type: str = ""
    entry: list[_Entry] = []


class _Kind(msgspec.Struct):
    type: str = ""


class _Outline(msgspec.Struct):
    entry: list[_Counted | None] = []


class _Texts(msgspec.Struct):
    entry: list[msgspec.Raw] = []


class Frame(NamedTuple):
    """One entry. text: of its resource, empty where it has none."""

    full_url: str | None
    request: EntryRequest
    text: bytes


class Read(NamedTuple):
    """An entry that reads. place: its index. url: below the base."""

    place: int
    url: str


@dataclass(frozen=True, slots=True)
class Refused:
    """An entry that cannot be carried out."""

    index: int
    error: Exception


class Frames(NamedTuple):
    """type: ``transaction`` or ``batch``. entries: in order."""

    type: str
    entries: list[Frame | Refused]


_whole = msgspec.json.Decoder(_Bundle)
_kind = msgspec.json.Decoder(_Kind)
_outline = msgspec.json.Decoder(_Outline)
_texts = msgspec.json.Decoder(_Texts)


def read_frames(raw: bytes, most: int) -> Frames:
    """The frames of all entries, those that are wrong as ``Refused``. most: entries.

    Raises IntakeRefused, Invalid or BadRequest when it is the Bundle that is wrong.
    """
    try:
        return _read_either_way(raw, most)
    except _TooManyEntries:
        raise _refused("too-long", "Bundle.entry", f"more than {most} entries") from None


def _read_either_way(raw: bytes, most: int) -> Frames:
    try:
        return _read(raw, most)
    except (IntakeRefused, Invalid) as error:
        return _read_one_by_one(raw, most, error)


def reads_of_transaction(raw: bytes, most: int) -> list[Read]:
    """The reads of a transaction; a batch is not looked at further. Raises as ``read_frames`` does."""
    if not _is_transaction(raw):
        return []
    frames = read_frames(raw, most).entries
    return [
        Read(index, frame.request.url)
        for index, frame in enumerate(frames)
        if isinstance(frame, Frame) and frame.request.method == "GET"
    ]


def _is_transaction(raw: bytes) -> bool:
    try:
        return _kind.decode(raw).type == "transaction"
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False


def _read(raw: bytes, most: int) -> Frames:
    """All at once. Raises IntakeRefused and Invalid also for what is wrong with an entry."""
    bundle = _decode(raw, most)
    texts = [_text(entry) for entry in bundle.entry]
    _check(_with(raw, texts, _A_RESOURCE), len(texts))
    entries = [
        Frame(entry.full_url, entry.request, text) if entry.request else Refused(n, _no_request(n))
        for n, (entry, text) in enumerate(zip(bundle.entry, texts, strict=True))
    ]
    return Frames(bundle.type, entries)


def _read_one_by_one(raw: bytes, most: int, whole: Exception) -> Frames:
    """The same, slowly, to find out which entries are wrong. Raises ``whole`` when none is."""
    try:
        _places.left = most
        outline = _outline.decode(raw)
        texts = [bytes(text) for text in _texts.decode(raw).entry]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise whole from None
    if len(outline.entry) > most:  # Nothing counts those that are null.
        raise _TooManyEntries
    bundle = _read(_with(raw, texts, _AN_ENTRY), most)
    entries = [_read_alone(n, text, bundle.type) for n, text in enumerate(texts)]
    if not any(isinstance(entry, Refused) for entry in entries):
        raise whole
    return Frames(bundle.type, entries)


def _read_alone(index: int, text: bytes, type_: str) -> Frame | Refused:
    alone = b'{"resourceType":"Bundle","type":"%b","entry":[%b]}' % (type_.encode(), text)
    try:
        (entry,) = _read(alone, 1).entries
    except (IntakeRefused, Invalid) as error:
        return Refused(index, type(error)([_at(index, issue) for issue in error.issues]))
    return Refused(index, _no_request(index)) if isinstance(entry, Refused) else entry


def _at(index: int, issue: Issue) -> Issue:
    """The issue of an entry that was read alone, at its place."""
    below = issue.expression.removeprefix("Bundle").removeprefix(".entry[0]")
    return replace(issue, expression=f"Bundle.entry[{index}]{below}")


def _decode(raw: bytes, most: int) -> _Bundle:
    try:
        _places.left = most
        bundle = _whole.decode(raw)
    except msgspec.ValidationError as error:
        raise _misshapen(error) from None
    except msgspec.DecodeError as error:
        raise _refused("structure", "", f"not JSON: {error}") from None
    except UnicodeDecodeError:
        raise _refused("structure", "", "not JSON: a string is not UTF-8") from None
    except RecursionError:
        raise _refused("structure", "Bundle", "nested too deeply") from None
    if bundle.resource_type != "Bundle":
        raise BadRequest("A Bundle is expected at this address.", expression="Bundle.resourceType")
    if bundle.type not in ("transaction", "batch"):
        raise BadRequest("Bundles sent here are of type transaction or batch.", expression="Bundle.type")
    return bundle


def _misshapen(error: msgspec.ValidationError) -> IntakeRefused:
    """msgspec names types and places only: ``Expected `str`, got `int` - at `$.entry[0].request.url```."""
    match = _MSGSPEC_PLACE.match(str(error))
    what, path = (match["what"], match["path"]) if match else ("misshapen", None)
    return _refused("structure", f"Bundle{path or ''}", what)


def _refused(code: str, place: str, text: str) -> IntakeRefused:
    return IntakeRefused([Issue(code, place, text)])


def _no_request(index: int) -> BadRequest:
    return BadRequest("The entry has no request.", expression=f"Bundle.entry[{index}].request")


def _text(entry: _Entry) -> bytes:
    """Of the entry's resource. What is no object stays in the Bundle, and is found to be wrong there."""
    text = b"" if entry.resource is msgspec.UNSET else bytes(entry.resource)
    return text if text[:1] == b"{" else b""


def _with(raw: bytes, texts: Iterable[bytes], placeholder: bytes) -> bytes:
    """The Bundle with a placeholder for each of these texts, which follow one another in it."""
    pieces, done = [], 0
    for text in texts:
        if text:
            start = _index(raw, text, done)
            pieces += [raw[done:start], placeholder]
            done = start + len(text)
    pieces.append(raw[done:])
    return b"".join(pieces)


_BEGINNING = 64


def _index(raw: bytes, text: bytes, done: int) -> int:
    """Where a text is. To look for all of a long one takes ten times as long as for its beginning."""
    start = raw.index(text[:_BEGINNING], done)
    return start if raw.startswith(text, start) else raw.index(text, done)


def _check(rest: bytes, entries: int) -> None:
    bundle = scan(rest, Limits(_LARGEST_REST + _LARGEST_FRAME * entries), "Bundle")
    issues = validate(bundle, "Bundle", local=b"#" in rest or rb"\u0023" in rest, besides=_PLACEHOLDER)
    if issues:
        raise Invalid(issues)

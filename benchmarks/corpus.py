"""A corpus of any size from Synthea's bundles: the same patients again and again, under new identifiers.

The bundles of hospitals and practitioners come once, first, and as they are: every patient refers to them.
The first copy of each patient's bundle is the bundle itself. In every further one, what is the resources' own
is new: the ids, fullUrls and references of its entries, and the identifiers of its resources. Everything else
stays byte for byte. The same sources give the same corpus every time.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import count, cycle
from pathlib import Path

import msgspec

from backbone.importing.documents import Document, Turn, documents, sources

_UUID = re.compile(rb"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_UUID_IN_TEXT = re.compile(rb'(["|:/])(' + _UUID.pattern + rb")")  # What must stand before makes it fast.
_VALUE = re.compile(rb'("value"\s*:\s*")([^"\\]*)(")')
_DIGIT = re.compile(r"[1-9]")


@dataclass(frozen=True, slots=True)
class Bundle:
    """One Bundle to send.

    name: of the file it is from. copy: 0 for the file itself. resources: how many entries it has.
    """

    name: str
    copy: int
    body: bytes
    resources: int


class _Identifier(msgspec.Struct):
    value: str = ""


class _Resource(msgspec.Struct):
    identifier: msgspec.Raw = msgspec.field(default_factory=msgspec.Raw)


class _Entry(msgspec.Struct, rename="camel"):
    resource: _Resource
    full_url: str = ""


class _Bundle(msgspec.Struct):
    entry: list[_Entry]


def corpus(paths: Sequence[Path], resources: int) -> Iterator[Bundle]:
    """Bundles with at least so many resources in all, from files, folders or archives of Synthea."""
    left = resources
    for copy, turn, document in _rounds(paths):
        bundle = _bundle(document, copy if turn == Turn.OTHERS else 0)
        left -= bundle.resources
        yield bundle
        if left <= 0:
            return


def copied(body: bytes, copy: int) -> bytes:
    """A patient's Bundle under new identifiers; as it is when `copy` is 0."""
    if copy == 0:
        return body
    entries = msgspec.json.decode(body, type=_Bundle).entry
    ids = {entry.full_url.removeprefix("urn:uuid:").encode() for entry in entries}
    values = {one.value for entry in entries for one in _identifiers(entry.resource) if one.value}
    uuids = {uuid: _new_uuid(uuid, copy) for uuid in ids | _uuids_in(values)}
    others = {
        value.encode(): _new_number(value, copy) for value in values if not _UUID.search(value.encode())
    }
    body = _UUID_IN_TEXT.sub(lambda found: found[1] + uuids.get(found[2], found[2]), body)
    return _VALUE.sub(lambda found: found[1] + others.get(found[2], found[2]) + found[3], body)


def _rounds(paths: Sequence[Path]) -> Iterator[tuple[int, Turn, Document]]:
    """All documents in their turn, then the patients' over and over."""
    found = sources(paths)
    for turn in Turn:
        yield from ((0, turn, document) for document in _documents(found, turn))
    for copy in count(1):
        copies = _documents(found, Turn.OTHERS)
        first = next(copies, None)
        if first is None:
            raise ValueError(f"no patient's bundle in {', '.join(map(str, paths))}")
        yield copy, Turn.OTHERS, first
        yield from ((copy, Turn.OTHERS, document) for document in copies)


def _documents(found: Sequence[Path], turn: Turn) -> Iterator[Document]:
    for source in found:
        yield from (one for one in documents(source) if one.turn == turn and one.path.suffix == ".json")


def _bundle(document: Document, copy: int) -> Bundle:
    with document.open() as stream:
        body = stream.read()
    resources = len(msgspec.json.decode(body, type=_Bundle).entry)
    return Bundle(document.path.name, copy, copied(body, copy), resources)


def _identifiers(resource: _Resource) -> Sequence[_Identifier]:
    """Those of the resource itself; not those by which it refers to others."""
    try:
        return msgspec.json.decode(resource.identifier, type=list[_Identifier])
    except msgspec.DecodeError:
        return []


def _uuids_in(values: set[str]) -> set[bytes]:
    return {uuid for value in values for uuid in _UUID.findall(value.encode())}


def _new_uuid(uuid: bytes, copy: int) -> bytes:
    text = _digest(uuid, copy).hex()
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:])).encode()


def _new_number(value: str, copy: int) -> bytes:
    """A number of the same shape. Zeros stay, so that none comes to stand where it must not, as in an OID."""
    digits = cycle(_digest(value.encode(), copy))
    return _DIGIT.sub(lambda _: str(next(digits) % 9 + 1), value).encode()


def _digest(text: bytes, copy: int) -> bytes:
    return blake2b(text, digest_size=16, key=copy.to_bytes(8, "big")).digest()

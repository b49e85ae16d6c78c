"""Bodies: a resource's bytes as received, but for ``id`` and ``meta.versionId`` / ``meta.lastUpdated``.

The two meta members are the server's to say (https://hl7.org/fhir/R4/http.html#versions), so they are taken
out once, at intake, and put in again by whoever reads. Everything else stays byte for byte: numbers keep
their digits (``72.50``, https://hl7.org/fhir/R4/datatypes.html#decimal), texts their escapes.
"""

import re
from hashlib import blake2b
from typing import NamedTuple

import msgspec
import numpy as np

AFTER_ID, IN_META, IN_EMPTY_META = 0, 1, 2
"""Kinds of place for the two members: a whole ``meta`` after the id; first in ``meta``; alone in ``{}``."""

_SERVERS_NAMES = ("versionId", "lastUpdated")
_SERVERS_OWN = tuple(b'"%s"' % name.encode() for name in _SERVERS_NAMES)
_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+"|[{}\[\],:]')  # possessive, as in links.py


class Body(NamedTuple):
    """Bytes to store, and where readers splice: offset * 4 + kind."""

    bytes: bytes
    splice: int


class _Edit(NamedTuple):
    start: int
    end: int
    text: bytes


class _Header(msgspec.Struct):
    resourceType: msgspec.Raw
    id: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    meta: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


_header = msgspec.json.Decoder(_Header)
_NAMELESS = re.compile(rb'\{\s*"resourceType"\s*:\s*"[A-Za-z]+"')
_USUAL = re.compile(
    rb'\{\s*"resourceType"\s*:\s*"[A-Za-z]+"\s*,\s*"id"\s*:\s*("[^"\\]*")(\s*,\s*"meta"\s*:\s*\{(?!\s*\}))?'
)
"""How nearly every writer begins: type, id, perhaps meta."""


def make_body(raw: bytes, resource_id: str) -> Body:
    """The body of a valid resource under the id that it has on this server."""
    quoted = b'"%s"' % resource_id.encode()
    if b"\\" in raw and b"\\u" in raw:  # The short ways overlook names with escapes (\u0069d is id).
        return _make_any_body(raw, quoted)
    return _make_usual_body(raw, quoted) or _make_nameless_body(raw, quoted) or _make_any_body(raw, quoted)


def _make_usual_body(raw: bytes, quoted: bytes) -> Body | None:
    """The same with one look at the beginning; None when the resource begins in another way."""
    usual = _USUAL.match(raw)
    if not usual or any(name in raw for name in _SERVERS_OWN):
        return None
    start, end = usual.span(1)
    body = raw[:start] + quoted + raw[end:]
    if usual.group(2):
        return Body(body, (usual.end() + len(quoted) - (end - start)) * 4 + IN_META)
    return None if b'"meta"' in raw else Body(body, (start + len(quoted)) * 4 + AFTER_ID)


def _make_nameless_body(raw: bytes, quoted: bytes) -> Body | None:
    """The same for a resource that has neither id nor meta, as clients create it; None for others."""
    nameless = _NAMELESS.match(raw)
    if not nameless or b'"id"' in raw or b'"meta"' in raw:
        return None
    end = nameless.end()
    body = b'%b,"id":%b%b' % (raw[:end], quoted, raw[end:])
    return Body(body, (end + len(b',"id":') + len(quoted)) * 4 + AFTER_ID)


def _make_any_body(raw: bytes, quoted: bytes) -> Body:
    header = _header.decode(raw)
    name = _id_edit(raw, header, quoted)
    if header.meta is msgspec.UNSET:
        body = _apply(raw, [name])
        return Body(body, (name.start + len(name.text)) * 4 + AFTER_ID)
    start = _offset(raw, header.meta)
    meta = _Edit(start, start + len(memoryview(header.meta)), _without_servers_own(bytes(header.meta)))
    body = _apply(raw, sorted([name, meta]))
    if name.start < start:
        start += len(name.text) - (name.end - name.start)
    kind = IN_META if meta.text[1:-1].strip() else IN_EMPTY_META
    return Body(body, (start + 1) * 4 + kind)


def digest_of(body: Body) -> bytes:
    """BLAKE2b-128 of the body without white space, and without a meta in which the client had nothing to say:
    who sends back what it read makes no new version."""
    text = msgspec.json.format(body.bytes, indent=-1)
    if body.splice % 4 == IN_EMPTY_META:
        text = text.replace(b',"meta":{}', b"", 1)
    return blake2b(text, digest_size=16).digest()


def with_meta(body: bytes, splice: int, version: int, last_updated: str) -> bytes:
    """The resource as it is served. ``last_updated`` is an RFC 3339 instant."""
    return b"".join(pieces_with_meta(body, splice, version, last_updated))


def pieces_with_meta(body: bytes, splice: int, version: int, last_updated: str) -> tuple[bytes, memoryview]:
    """The same in two pieces, for those who join many: the large one is not copied."""
    offset, kind = divmod(splice, 4)
    members = b'"versionId":"%d","lastUpdated":"%s"' % (version, last_updated.encode())
    if kind == AFTER_ID:
        members = b',"meta":{' + members + b"}"
    elif kind == IN_META:
        members += b","
    return body[:offset] + members, memoryview(body)[offset:]


def _id_edit(raw: bytes, header: _Header, quoted: bytes) -> _Edit:
    if header.id is not msgspec.UNSET:
        start = _offset(raw, header.id)
        return _Edit(start, start + len(memoryview(header.id)), quoted)
    end = _offset(raw, header.resourceType) + len(memoryview(header.resourceType))
    return _Edit(end, end, b',"id":' + quoted)


def _apply(raw: bytes, edits: list[_Edit]) -> bytes:
    pieces, done = [], 0
    for edit in edits:
        pieces += [raw[done : edit.start], edit.text]
        done = edit.end
    pieces.append(raw[done:])
    return b"".join(pieces)


def _offset(raw: bytes, part: msgspec.Raw) -> int:
    """Where ``part`` lies in ``raw``: msgspec's Raw fields are views into the decoded message, so the
    difference of the two addresses says it without looking at the text a second time."""
    return _address(part) - _address(raw)


def _address(buffer: bytes | msgspec.Raw) -> int:
    address: int = np.frombuffer(buffer, np.uint8).__array_interface__["data"][0]
    return address


def _without_servers_own(meta: bytes) -> bytes:
    """``meta`` without its own versionId and lastUpdated; those of nested values stay."""
    if b"\\u" not in meta and not any(name in meta for name in _SERVERS_OWN):
        return meta
    members = _members(meta)
    kept = [text for name, text in members if msgspec.json.decode(name) not in _SERVERS_NAMES]
    return meta if len(kept) == len(members) else b"{" + b",".join(kept) + b"}"


def _members(text: bytes) -> list[tuple[bytes, bytes]]:
    """(quoted name, member with the blanks around it) for each member of the JSON object ``text``."""
    found: list[tuple[bytes, bytes]] = []
    depth, start, name = 0, 1, b""
    for token in _TOKEN.finditer(text):
        mark = token.group()
        if depth == 1 and not name and mark[:1] == b'"':
            name = mark
        if mark in b"}]":
            depth -= 1
        if name and ((depth == 1 and mark == b",") or depth == 0):
            found.append((name, text[start : token.start()]))
            start, name = token.end(), b""
        if mark in b"{[":
            depth += 1
    return found

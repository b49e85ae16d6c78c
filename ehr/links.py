"""Links: what a transaction must rewrite in its resources, and nothing else.

A transaction's entries may point at each other by ``fullUrl`` and at resources of the server by search
(``Practitioner?identifier=…``). The specification has the server replace such links in References, in
elements of type uri, url, oid and uuid, and in ``href`` and ``src`` of narratives
(https://hl7.org/fhir/R4/http.html#trules); those by search are replaced in every other request too.
Canonicals and plain strings stay, even when they are equal to a fullUrl, as
``DocumentReference.identifier.value`` often is. A search is a link in a Reference alone:
``Bundle.entry.request.url`` or a narrative's ``href`` may well be one too, and stays.
"""

import re
from collections import ChainMap
from collections.abc import Callable, Iterable, Iterator, Mapping
from html import unescape
from typing import Any, NamedTuple

import orjson

from ehr.definitions import RESOURCE_TYPES, link_texts, references, string_kinds
from ehr.errors import Unresolved
from ehr.values import ID

_USUAL = re.compile(rb'("reference"\s*:\s*")((?:urn:(?:uuid|oid):|[A-Z][A-Za-z]+\?)[^"\\]*)')
"""The usual links: a Reference to an entry by urn, or by search."""

_CONDITIONAL = re.compile(rb'"reference"\s*:\s*"([A-Z][A-Za-z]+\?[^"\\]*)')
_ESCAPED = re.compile(rb'"reference"\s*:\s*"[^"\\]*\\')
URNS = ("urn:uuid:", "urn:oid:")
"""How fullUrls begin that are links wherever they stand."""

_URNS = tuple(urn.encode() for urn in URNS)
_BESIDE_URIS = (b"DetectedIssue", b'"education"', b'language"')
"""One of these stands wherever a uri is named ``reference`` (ehr/definitions/references.py)."""

_PLAIN_URNS = (b'"reference": "urn:uuid:', b'"reference":"urn:uuid:')
"""How nearly every writer writes nearly every link."""

# Possessive: a group that may be tried again keeps a note of each of its turns, 1 GB for 8 MB of text.
_STRING_OR_MARK = re.compile(rb'"(?:[^"\\]++|\\.)*+"|[{}\[\],:]')
# Narratives are well-formed XML, so neither < nor the quote itself stands within a quoted value.
_START_TAG = re.compile(
    r"""<!--.*?(?:-->|\Z)|<!\[CDATA\[.*?(?:\]\]>|\Z)|(<[^!?/](?:[^"'<>]++|"[^"<]*+"|'[^'<]*+')*+>)""",
    re.DOTALL,
)
"""A start tag as group 1; comments and CDATA are met so that what looks like a tag in them is passed over."""

_ATTRIBUTE = re.compile(r"""(?<=\s)([^\s"'<>/=]++)\s*+=\s*+(?:"([^"]*+)"|'([^']*+)')""")
_ESCAPE = re.compile(r"\\u[dD][89abAB]..\\u[dD][c-fC-F]..|\\u....|\\.")
_ID = ID.pattern
_RESTFUL = re.compile(rf"(https?://.+/)(({'|'.join(sorted(RESOURCE_TYPES))})/{_ID})")
_RELATIVE = re.compile(rf"({'|'.join(sorted(RESOURCE_TYPES))})/{_ID}(/_history/{_ID})?")
_VERSION = re.compile(rf"/_history/{_ID}\Z")
CONDITIONAL = re.compile(r"^([A-Z][A-Za-z]+)\?(.+)$")


class Link(NamedTuple):
    """A link in the bytes of a resource: where its JSON text lies (without quotes), and what it says."""

    start: int
    end: int
    target: str


class Links(NamedTuple):
    """The links of one resource.

    usual: every link is of the usual kind and will be found while rewriting. Else ``found`` has them all.
    conditional: links by search.
    """

    usual: bool
    conditional: list[str]
    found: list[Link]


NO_LINKS = Links(True, [], [])


class Seen(NamedTuple):
    """The new targets of links as one entry sees them.

    foreign: its relative references are read against the address of another server.
    """

    targets: Mapping[str, str]
    foreign: bool


class Targets:
    """The new targets of links as the entries of a transaction see them."""

    def __init__(self, targets: dict[str, str], base: str = "") -> None:
        """targets: fullUrl or search -> literal reference. base: this server's address, if it matters."""
        self._targets = targets
        self._base = _without_scheme(base)
        self._relative: dict[str, dict[str, str]] = {}
        for url, target in targets.items():
            restful = _RESTFUL.fullmatch(url)
            if restful:
                self._relative.setdefault(restful[1], {})[restful[2]] = target

    def seen_from(self, full_url: str | None) -> Seen:
        """For an entry whose fullUrl is ``http://host/fhir/Type/id``, relative references are read against
        ``http://host/fhir/`` (https://hl7.org/fhir/R4/bundle.html#references)."""
        restful = _RESTFUL.fullmatch(full_url or "")
        if not restful:
            return Seen(self._targets, False)
        relative = self._relative.get(restful[1])
        targets = ChainMap(relative, self._targets) if relative else self._targets
        return Seen(targets, _without_scheme(restful[1]) != self._base + "/")


def find_links(raw: bytes, resource: dict[str, Any], *, absolute: bool) -> Links:
    """Every link of a valid resource, given as bytes and parsed.

    absolute: whether the transaction has fullUrls other than urn:uuid and urn:oid, so that any URL or
    relative reference might be a link.
    """
    if absolute or _hides_links(raw, resource):
        return _find_by_element(raw, resource)
    conditional = [one.decode() for one in _CONDITIONAL.findall(raw)] if b"?" in raw else []
    if conditional and any(mark in raw for mark in _BESIDE_URIS):
        stated = list(filter(CONDITIONAL.match, references(resource)))
        if conditional != stated:
            return _find_by_element(raw, resource)  # One of them is a uri that is named reference.
    return Links(True, conditional, [])


def link_targets(raw: bytes, links: Links) -> list[str]:
    """What every link of a resource says, as ``rewrite`` meets them."""
    if links.usual:
        return [target.decode() for _, target in _USUAL.findall(raw)]
    return [link.target for link in links.found]


def refuse_astray(targets: Iterable[str], seen: Seen, entry: int | None) -> None:
    """Raises Unresolved, naming the entry, for a link that would come to name something else than it says.

    A link to an entry is found without its version (https://hl7.org/fhir/R4/bundle.html#references), and the
    version that it names is not the one that the entry gets. A relative reference of another server's would
    name what has the same id here.
    """
    for target in targets:
        if target in seen.targets:
            continue
        plain = _VERSION.sub("", target)
        if plain in seen.targets and (seen.foreign or not plain.endswith(seen.targets[plain])):
            raise Unresolved("It names a version, which no entry has yet.", entry=entry)
        if seen.foreign and _RELATIVE.fullmatch(target):
            raise Unresolved("Its entry's fullUrl is an address of another server.", entry=entry)


def rewrite(raw: bytes, links: Links, targets: Mapping[str, str]) -> bytes:
    """``raw`` with every link that has a new target."""
    if links.usual:
        return _rewrite_usual(raw, targets) if targets else raw
    pieces, done = [], 0
    for link in links.found:
        if link.target in targets:
            pieces += [raw[done : link.start], targets[link.target].encode()]
            done = link.end
    pieces.append(raw[done:])
    return b"".join(pieces)


def _without_scheme(address: str) -> str:
    """A server behind a proxy knows not always whether it is ``https`` to its clients."""
    return address.partition("://")[2]


def _hides_links(raw: bytes, resource: dict[str, Any]) -> bool:
    """Whether links may stand elsewhere than in usual ``"reference": "…"`` members."""
    if b"\\" in raw and (b"\\/" in raw or b"\\u" in raw or _ESCAPED.search(raw)):
        return True
    # Of nearly every writer one look for all and one for the plain ones is enough.
    plain = raw.count(_PLAIN_URNS[0]) or raw.count(_PLAIN_URNS[1])
    if plain == raw.count(b"urn:"):
        return False
    urns = sum(raw.count(urn) for urn in _URNS)
    if urns == plain:
        return False
    usual = sum(match[1].startswith(_URNS) for match in _USUAL.findall(raw))
    if usual == urns:
        return False
    placed = sum(text.startswith(URNS) for text in link_texts(resource))
    return placed != usual or b"<div" in raw


def _rewrite_usual(raw: bytes, targets: Mapping[str, str]) -> bytes:
    def replaced(match: re.Match[bytes]) -> bytes:
        new = targets.get(match[2].decode())
        return match[0] if new is None else match[1] + new.encode()

    return _USUAL.sub(replaced, raw)


def _find_by_element(raw: bytes, resource: dict[str, Any]) -> Links:
    """All links by each string's element. Both walks meet the strings in document order."""
    found: list[Link] = []
    conditional: list[str] = []
    for (start, end), kind in zip(_strings(raw), string_kinds(resource), strict=True):
        if not kind:
            continue
        links = _narrative_links(raw, start, end) if kind == "xhtml" else _whole(raw, start, end)
        for link in links:
            search = CONDITIONAL.match(link.target)
            if search and kind == "reference":
                conditional.append(link.target)
            if not search or kind == "reference":
                found.append(link)
    return Links(False, conditional, found)


def _whole(raw: bytes, start: int, end: int) -> Iterator[Link]:
    yield Link(start, end, orjson.loads(raw[start - 1 : end + 1]))


def _strings(raw: bytes) -> Iterator[tuple[int, int]]:
    """(start, end) of every string value, without quotes; names are not values."""
    in_object: list[bool] = []
    is_name = False
    for token in _STRING_OR_MARK.finditer(raw):
        mark = token.group()
        if mark in b"{[":
            in_object.append(mark == b"{")
            is_name = in_object[-1]
        elif mark in b"}]":
            in_object.pop()
        elif mark == b",":
            is_name = in_object[-1]
        elif mark == b":":
            is_name = False
        elif not is_name:
            yield token.start() + 1, token.end() - 1


def _narrative_links(raw: bytes, start: int, end: int) -> Iterator[Link]:
    """What href and src say in a narrative whose JSON text lies in ``raw`` from start to end."""
    written, div = raw[start:end].decode(), orjson.loads(raw[start - 1 : end + 1])
    place, done = _places(written), 0
    for from_, to in _link_values(div):
        first, last = place(from_), place(to)
        start += len(written[done:first].encode())
        stop = start + len(written[first:last].encode())
        yield Link(start, stop, unescape(div[from_:to]))
        start, done = stop, last


def _link_values(div: str) -> Iterator[tuple[int, int]]:
    """Where the values of href and src lie."""
    for tag in _START_TAG.finditer(div):
        for attribute in _ATTRIBUTE.finditer(div, *tag.span(1)) if tag[1] else ():
            if attribute[1] in ("href", "src"):
                yield attribute.span(2 if attribute[3] is None else 3)


def _places(written: str) -> Callable[[int], int]:
    """From places in a text to those in the JSON text that it was read from: an escape is one character.
    The places asked for must rise."""
    escapes = _ESCAPE.finditer(written)
    escape, longer = next(escapes, None), 0

    def place(wanted: int) -> int:
        nonlocal escape, longer
        while escape and escape.start() < wanted + longer:
            longer += len(escape.group()) - 1
            escape = next(escapes, None)
        return wanted + longer

    return place

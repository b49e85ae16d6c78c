"""Links: what a transaction must rewrite in its resources, and nothing else.

A transaction's entries may point at each other by ``fullUrl`` and at resources of the server by search
(``Practitioner?identifier=…``). The specification has the server replace such links in References, in
elements of type uri, url, oid and uuid, and in ``href`` and ``src`` of narratives
(https://hl7.org/fhir/R4/http.html#trules); canonicals and plain strings stay, even when they are equal to a
fullUrl, as ``DocumentReference.identifier.value`` often is.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import orjson

from ehr.definitions import link_texts, string_kinds

_USUAL = re.compile(rb'("reference"\s*:\s*")((?:urn:(?:uuid|oid):|[A-Z][A-Za-z]+\?)[^"\\]*)')
"""The usual links: a Reference to an entry by urn, or by search."""

_CONDITIONAL = re.compile(rb'"reference"\s*:\s*"([A-Z][A-Za-z]+\?[^"\\]*)')
_URNS = (b"urn:uuid:", b"urn:oid:")
_PLAIN_URN = b'"reference":"urn:uuid:'
"""How nearly every writer writes nearly every link."""

# Possessive: a group that may be tried again keeps a note of each of its turns, 1 GB for 8 MB of text.
_STRING_OR_MARK = re.compile(rb'"(?:[^"\\]++|\\.)*+"|[{}\[\],:]')
_NARRATIVE_LINK = re.compile(r"""\b(?:href|src)\s*=\s*(["'])(.*?)\1""")
_RESTFUL = re.compile(r"^(https?://.+/)[A-Z][A-Za-z]+/[A-Za-z0-9.\-]{1,64}$")
CONDITIONAL = re.compile(r"^([A-Z][A-Za-z]+)\?(.+)$")


class Link(NamedTuple):
    """A link in the bytes of a resource: where its JSON text lies (without quotes), and what it says."""

    start: int
    end: int
    target: str


class Links(NamedTuple):
    """The links of one resource.

    usual: every link is of the usual kind and will be found while rewriting. Else ``found`` has them all,
    and ``narratives`` the Text.div values, in which href and src may be links. conditional: links by search.
    """

    usual: bool
    conditional: list[str]
    found: list[Link]
    narratives: list[Link]


NO_LINKS = Links(True, [], [], [])


def find_links(raw: bytes, resource: dict[str, Any], *, absolute: bool) -> Links:
    """Every link of a valid resource, given as bytes and parsed.

    absolute: whether the transaction has fullUrls other than urn:uuid and urn:oid, so that any URL or
    relative reference might be a link.
    """
    if absolute or _hides_links(raw, resource):
        return _find_by_element(raw, resource)
    conditional = _CONDITIONAL.findall(raw) if b"?" in raw else []
    return Links(True, [target.decode() for target in conditional], [], [])


def link_targets(raw: bytes) -> list[str]:
    """What the usual links of a resource say."""
    return [match[1].decode() for match in _USUAL.findall(raw)]


def rewrite(raw: bytes, links: Links, targets: Mapping[str, str]) -> bytes:
    """``raw`` with every link that has a new target."""
    if links.usual:
        return _rewrite_usual(raw, targets) if targets else raw
    edits = [(link, targets[link.target]) for link in links.found if link.target in targets]
    for text in links.narratives:
        new = _rewrite_narrative(text.target, targets)
        edits += [(text, new)] if new != text.target else []
    pieces, done = [], 0
    for link, new in sorted(edits):
        pieces += [raw[done : link.start], orjson.dumps(new)[1:-1]]
        done = link.end
    pieces.append(raw[done:])
    return b"".join(pieces)


def with_relative(targets: Mapping[str, str], full_url: str | None) -> Mapping[str, str]:
    """The targets as an entry sees them: where its fullUrl is ``http://host/fhir/Type/id``, relative
    references are read against ``http://host/fhir/`` (https://hl7.org/fhir/R4/bundle.html#references)."""
    restful = _RESTFUL.match(full_url or "")
    if restful is None:
        return targets
    base = restful.group(1)
    relative = {url.removeprefix(base): target for url, target in targets.items() if url.startswith(base)}
    return {**targets, **relative}


def _hides_links(raw: bytes, resource: dict[str, Any]) -> bool:
    """Whether links may stand elsewhere than in usual ``"reference": "…"`` members."""
    if b"\\/" in raw or b"\\u" in raw:
        return True
    urns = sum(raw.count(urn) for urn in _URNS)
    if urns == raw.count(_PLAIN_URN):
        return False
    usual = sum(match[1].startswith(_URNS) for match in _USUAL.findall(raw))
    if usual == urns:
        return False
    placed = sum(text.startswith(("urn:uuid:", "urn:oid:")) for text in link_texts(resource))
    return placed != usual or b"<div" in raw


def _rewrite_usual(raw: bytes, targets: Mapping[str, str]) -> bytes:
    def replaced(match: re.Match[bytes]) -> bytes:
        new = targets.get(match[2].decode())
        return match[0] if new is None else match[1] + new.encode()

    return _USUAL.sub(replaced, raw)


def _find_by_element(raw: bytes, resource: dict[str, Any]) -> Links:
    """All links by each string's element. Both walks meet the strings in document order."""
    found: list[Link] = []
    narratives: list[Link] = []
    for (start, end), kind in zip(_strings(raw), string_kinds(resource), strict=True):
        if kind:
            link = Link(start, end, orjson.loads(raw[start - 1 : end + 1]))
            (narratives if kind == "xhtml" else found).append(link)
    conditional = [link.target for link in found if CONDITIONAL.match(link.target)]
    return Links(False, conditional, found, narratives)


def _strings(raw: bytes) -> Iterator[tuple[int, int]]:
    """(start, end) of every string value, without quotes; member names are left out."""
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


def _rewrite_narrative(div: str, targets: Mapping[str, str]) -> str:
    def replaced(match: re.Match[str]) -> str:
        new = targets.get(match.group(2))
        if new is None:
            return match.group()
        start, end = match.start(2) - match.start(), match.end(2) - match.start()
        return match.group()[:start] + new + match.group()[end:]

    return _NARRATIVE_LINK.sub(replaced, div)

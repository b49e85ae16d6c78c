"""What the links of a Bundle's entries may name: entries of a batch do not depend on each other
(https://hl7.org/fhir/R4/http.html#brules), and no link may come to name what it does not say."""

import re
from collections.abc import Container, Mapping
from typing import Any, NamedTuple

from ehr.definitions import references
from ehr.errors import Unresolved
from ehr.links import URNS, Targets, find_links, link_targets, refuse_astray
from ehr.requests import Change
from ehr.values import ID
from fhir_api.bundles import ParsedBundle

_ESCAPED_LETTER = re.compile(rb"\\u00[5-7]")


class Neighbours(NamedTuple):
    """The entries of a Bundle as its links see them.

    absolute: whether any fullUrl is neither urn:uuid nor urn:oid. names: fullUrl -> what a link to the entry
    becomes in a transaction; where the server chooses the id, something that no link says.
    """

    absolute: bool
    names: Mapping[str, str]
    targets: Targets


def neighbours_of(bundle: ParsedBundle, base: str) -> Neighbours:
    """All entries that have a fullUrl, also those that failed. base: this server's address."""
    names = {url: _unknown(url) if url.startswith(URNS) else _last_two(url) for url in bundle.full_urls}
    for wish in bundle.wishes:
        if isinstance(wish, Change) and wish.full_url:
            names[wish.full_url] = f"{wish.type}/{wish.id}" if wish.id else _unknown(wish.full_url)
    absolute = any(not url.startswith(URNS) for url in names)
    return Neighbours(absolute, names, Targets(names, base))


def refuse_links_into(change: Change, neighbours: Neighbours) -> None:
    """Raises Unresolved for a link that a transaction would rewrite or refuse; an entry may link to itself.

    ``Patient/1`` beside an entry that puts Patient/1 would stay as it is: it names what the server has.
    """
    if change.json is None or not neighbours.names:
        return
    seen = neighbours.targets.seen_from(change.full_url)
    own = neighbours.names.get(change.full_url or "")
    links = _link_targets(change, change.json, neighbours)
    if any(seen.targets.get(link, link) not in (link, own) for link in links):
        raise Unresolved("Entries of a batch cannot refer to each other.", entry=change.index)
    refuse_astray(links, seen, change.index)


def refuse_links_astray(change: Change, neighbours: Neighbours) -> None:
    """Raises Unresolved for a link of a transaction that can neither be rewritten nor stay."""
    if change.json is None or not neighbours.names:
        return
    seen = neighbours.targets.seen_from(change.full_url)
    if seen.foreign or _may_name_version(change.raw):
        refuse_astray(_link_targets(change, change.json, neighbours), seen, change.index)


def refuse_own_addresses(change: Change, base: str, entries: Container[str] = ()) -> None:
    """Raises Unresolved for a reference that names a resource of this server by its whole address.

    To the views it would be another server's: it would be missing in its Patient's chart. What the record
    stores it keeps as it is, so it is not rewritten. entries: fullUrls, which a transaction replaces.
    """
    _, _, own = base.partition("://")
    if change.json is None or own.partition("/")[0].encode() not in change.raw:
        return
    ours = re.compile(rf"https?://{re.escape(own)}/([A-Z][A-Za-z]+/{ID.pattern}.*)", re.IGNORECASE)
    if any(ours.fullmatch(link) and link not in entries for link in references(change.json)):
        raise Unresolved(
            "It names what this server has by a whole address: write Type/id.", entry=change.index
        )


def _link_targets(change: Change, resource: dict[str, Any], neighbours: Neighbours) -> list[str]:
    return link_targets(change.raw, find_links(change.raw, resource, absolute=neighbours.absolute))


def _may_name_version(raw: bytes) -> bool:
    return b"_history" in raw or (b"\\u00" in raw and _ESCAPED_LETTER.search(raw) is not None)


def _unknown(url: str) -> str:
    return f"new {url}"


def _last_two(url: str) -> str:
    """``Type/id`` of ``http://host/fhir/Type/id``."""
    return "/".join(url.split("/")[-2:])

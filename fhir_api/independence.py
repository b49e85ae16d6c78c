"""Entries of a batch do not depend on each other (https://hl7.org/fhir/R4/http.html#brules)."""

from collections.abc import Mapping
from typing import NamedTuple

from ehr.errors import Unresolved
from ehr.links import URNS, Targets, find_links, link_targets
from ehr.requests import Change
from fhir_api.bundles import ParsedBundle


class Neighbours(NamedTuple):
    """The entries of a batch as its links see them.

    absolute: whether any fullUrl is neither urn:uuid nor urn:oid. names: fullUrl -> what a link to the entry
    would become in a transaction; where the server chooses the id, something that no link says.
    """

    absolute: bool
    names: Mapping[str, str]
    targets: Targets


def neighbours_of(bundle: ParsedBundle) -> Neighbours:
    """All entries that have a fullUrl, also those that failed."""
    names = {url: _unknown(url) if url.startswith(URNS) else _last_two(url) for url in bundle.full_urls}
    for wish in bundle.wishes:
        if isinstance(wish, Change) and wish.full_url:
            names[wish.full_url] = f"{wish.type}/{wish.id}" if wish.id else _unknown(wish.full_url)
    absolute = any(not url.startswith(URNS) for url in names)
    return Neighbours(absolute, names, Targets(names))


def refuse_links_into(change: Change, neighbours: Neighbours) -> None:
    """Raises Unresolved for a link that a transaction would rewrite, unless the entry links to itself.

    ``Patient/1`` beside an entry that puts Patient/1 would stay as it is: it names what the server has.
    """
    if change.json is None or not neighbours.names:
        return
    links = find_links(change.raw, change.json, absolute=neighbours.absolute)
    seen = neighbours.targets.seen_from(change.full_url)
    own = neighbours.names.get(change.full_url or "")
    if any(seen.get(target, target) not in (target, own) for target in link_targets(change.raw, links)):
        raise Unresolved("Entries of a batch cannot refer to each other.", entry=change.index)


def _unknown(url: str) -> str:
    return f"new {url}"


def _last_two(url: str) -> str:
    """``Type/id`` of ``http://host/fhir/Type/id``."""
    return "/".join(url.split("/")[-2:])

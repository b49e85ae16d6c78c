"""Asking: what has to be known before a request can be decided."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import NamedTuple

from ehr.appending import Condition, Criteria
from ehr.conditional import conditional_reference, read_criteria
from ehr.errors import Refusal
from ehr.links import NO_LINKS, URNS, Links, find_links
from ehr.requests import Change, Request
from ehr.searching import Search, Searcher
from ehr.targets import MOST_DELETED
from ehr.values import Key


class Question(NamedTuple):
    """A request with the links of its resources and what they and its conditions go by.

    links: of the resource of each change. conditional_links: link by search -> what it goes by, and the
    first entry that has it. searches: each with how many ids of it have to be known, where so many match.
    """

    request: Request
    links: list[Links]
    conditional_links: dict[str, tuple[Criteria, int | None]]
    conditions: frozenset[Condition]
    searches: dict[Search, int]

    def heads(self, matches: Mapping[Criteria, tuple[str, ...]]) -> set[Key]:
        """Every resource whose version matters, once it is known what the conditions match."""
        wanted: set[Key] = set()
        for change in self.request.changes:
            ids = list(matches[change.condition][: None if change.several else 1]) if change.condition else []
            if change.action != "create":
                ids += [change.id or (change.json or {}).get("id", "")]
            wanted |= {Key(change.type, id_) for id_ in ids if id_}
        return wanted


def ask(request: Request, searcher: Searcher | None = None) -> Question:
    """Reads the conditions of a request and the links of its resources.

    searcher: without one, conditions name an identifier. Raises Undecidable for what cannot be decided.
    """
    if any(isinstance(change.condition, Search) for change in request.changes):
        request = replace(request, changes=[_read(change, searcher) for change in request.changes])
    absolute = any(c.full_url and not c.full_url.startswith(URNS) for c in request.changes)
    links: list[Links] = []
    conditional: dict[str, tuple[Criteria, int | None]] = {}
    for change in request.changes:
        found = find_links(change.raw, change.json, absolute=absolute) if change.json else NO_LINKS
        links.append(found)
        for target in found.conditional:
            criteria = _criteria(target, change.index, searcher)
            if criteria:
                conditional.setdefault(target, (criteria, change.index))
    named = {change.condition for change in request.changes if change.condition}
    named |= {criteria for criteria, _ in conditional.values()}
    conditions = frozenset(one for one in named if isinstance(one, Condition))
    searches = [one for one in named if isinstance(one, Search)]
    return Question(request, links, conditional, conditions, _enough(searches, request.changes))


def _enough(searches: Iterable[Search], changes: list[Change]) -> dict[Search, int]:
    """How many ids of each have to be known: one more than can be taken, and what is taken away beside it."""
    several = {change.condition for change in changes if change.several}
    return {
        search: sum(change.type == search.type and change.action != "create" for change in changes)
        + (MOST_DELETED + 1 if search in several else 2)
        for search in searches
    }


def _read(change: Change, searcher: Searcher | None) -> Change:
    if not isinstance(change.condition, Search):
        return change
    try:
        return replace(change, condition=read_criteria(change.condition, searcher))
    except Refusal as refusal:
        refusal.entry = change.index
        raise


def _criteria(link: str, entry: int | None, searcher: Searcher | None) -> Criteria | None:
    try:
        criteria = conditional_reference(link)
        return criteria and read_criteria(criteria, searcher)
    except Refusal as refusal:
        refusal.entry = entry
        raise

"""Which resources of a request itself meet its conditions: what it writes counts
(https://hl7.org/fhir/R4/http.html#trules)."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson

from ehr.appending import Claim, Condition, Criteria
from ehr.bodies import make_body
from ehr.links import Links, Targets, rewrite
from ehr.searching import Search, Searcher
from ehr.targets import Target

Bearers = Mapping[Criteria, set[str]]
"""Ids of what meets a condition, for each condition that anything does."""


def by_claims(claims: Iterable[Claim]) -> dict[Criteria, set[str]]:
    """What bears the identifiers that conditions may name."""
    bearers: dict[Criteria, set[str]] = defaultdict(set)
    for key, system, value in claims:
        bearers[Condition(key.type, system, value)].add(key.id)
        bearers[Condition(key.type, None, value)].add(key.id)
    return dict(bearers)


def by_searches(
    searches: Iterable[Search],
    targets: Iterable[Target],
    links: Sequence[Links],
    new_links: Targets,
    searcher: Searcher,
) -> dict[Criteria, set[str]]:
    """What matches searches once its links are rewritten. links: of each target's resource."""
    of_type: dict[str, set[Search]] = defaultdict(set)
    for search in searches:
        of_type[search.type].add(search)
    bearers: dict[Criteria, set[str]] = defaultdict(set)
    for target, its_links in zip(targets, links, strict=True):
        asked = of_type.get(target.key.type)
        if asked and target.write and target.change.json is not None:
            for search in searcher.met(asked, _as_stated(target, its_links, new_links)):
                bearers[search].add(target.key.id)
    return dict(bearers)


def _as_stated(target: Target, links: Links, new_links: Targets) -> dict[str, Any]:
    """The resource as it will be stored."""
    text = rewrite(target.change.raw, links, new_links.seen_from(target.change.full_url).targets)
    resource: dict[str, Any] = orjson.loads(make_body(text, target.key.id).bytes)
    return resource

"""Deciding: from a request and what the record knows to what shall be stored and answered.

Pure: the same request and the same knowledge give the same decision, but for new ids. Whether the knowledge
still holds is asserted again under the append lock (appending.py).
"""

from collections.abc import Iterable, Mapping
from itertools import chain
from typing import Any, NamedTuple
from uuid import UUID

import orjson

from ehr.appending import (
    LARGEST_RESOURCE,
    Append,
    Claim,
    Criteria,
    EncodedFact,
    Head,
    HeadWrite,
    Hits,
    Match,
    Resolved,
)
from ehr.asking import Question
from ehr.bearers import Bearers, by_claims, by_searches
from ehr.bodies import digest_of, make_body
from ehr.compression import compress, decompress
from ehr.definitions import encounter_references, main_date, patient_references
from ehr.encoding import encode_fact
from ehr.errors import Ambiguous, Contradiction, TooLarge, Unmatched
from ehr.facts import Answer, ResourceVersion
from ehr.grouping import Former, Stated, facts_of, into_encounters
from ehr.identifiers import claims_of
from ehr.links import Links, Targets, rewrite
from ehr.requests import Change, Request
from ehr.searching import Searcher
from ehr.targets import Target, find_targets
from ehr.values import Key, subject_of


class Outcome(NamedTuple):
    """The answer to one change. status: HTTP status; version 0 where there is no version to speak of."""

    status: int
    key: Key
    version: int


class Decision(NamedTuple):
    """What to append, and what to answer once that is stored. versions: those that are made."""

    append: Append
    outcomes: list[Outcome]
    versions: dict[Key, ResourceVersion]

    @property
    def changes_something(self) -> bool:
        """Whether there is anything to store."""
        return bool(self.append.heads or self.append.answer)


def decide(question: Question, resolved: Resolved, searcher: Searcher | None = None) -> Decision:
    """The decision. Raises a Refusal that names the entry when the request cannot stand.

    searcher: the one that has read the question.
    """
    found = find_targets(question.request.changes, resolved)
    targets = [target for group in found for target in group]
    links = [links for links, group in zip(question.links, found, strict=True) for _ in group]
    claims = {t.key: [*claims_of(t.key, t.change.json)] for t in targets if t.write and t.change.json}
    bearers = by_claims(chain.from_iterable(claims.values())) if question.conditions else {}
    new_links = _all_links(question, resolved, targets, links, bearers, searcher)
    _refuse_own_matches(targets, bearers)
    append = Append()
    _assert(append, question, resolved)
    stated: list[Stated] = []
    for target, its_links in zip(targets, links, strict=True):
        seen = new_links.seen_from(target.change.full_url).targets
        one = _state(target, its_links, seen, question.request.recorded_at)
        if one:
            stated.append(one)
            # Usual links are no part of an identifier; of others its system may be one, which was rewritten.
            append.claims += claims.get(one.key, []) if its_links.usual else _claims_as_stated(one)
        elif target.head.version:
            append.asserted_heads.append((target.key, target.head.version))
    made = {one.key: one.version for one in stated}
    outcomes = [
        _outcome(change, group, made) for change, group in zip(question.request.changes, found, strict=True)
    ]
    _append_facts(append, stated, outcomes, question.request)
    return Decision(append, outcomes, made)


def _assert(append: Append, question: Question, resolved: Resolved) -> None:
    conditions, searches = sorted(question.conditions, key=str), sorted(question.searches)
    append.asserted_matches = [Match(one, resolved.matches[one]) for one in conditions]
    append.asserted_hits = [Hits(one, resolved.matches[one], resolved.position) for one in searches]


def _claims_as_stated(one: Stated) -> Iterable[Claim]:
    body = one.version.body
    return claims_of(one.key, orjson.loads(decompress(body))) if body else ()


def _refuse_own_matches(targets: list[Target], bearers: Bearers) -> None:
    """What is created where none matches, or updated as the only match, cannot stand beside another entry
    that would match."""
    for target in targets:
        condition = target.change.condition
        if condition is None or target.change.action == "delete" or not target.write:
            continue
        if bearers.get(condition, set()) - {target.key.id}:
            raise Contradiction("Another entry matches its condition.", entry=target.change.index)


def _all_links(
    question: Question,
    resolved: Resolved,
    targets: list[Target],
    links: list[Links],
    bearers: dict[Criteria, set[str]],
    searcher: Searcher | None,
) -> Targets:
    """What every link becomes; ``bearers`` come to have what meets searches.

    A resource may meet a search by what its own links become, so that is looked at before and after: where
    a link by search itself depends on another one, there is no first one to begin with.
    """
    entries = _new_links(targets)
    searches = question.searches
    if searcher is None or not searches:
        return Targets(entries | _conditional(question, resolved, targets, bearers))
    before = by_searches(searches, targets, links, Targets(entries), searcher)
    conditional = _conditional(question, resolved, targets, bearers | before)
    new_links = Targets(entries | conditional)
    bearers |= by_searches(searches, targets, links, new_links, searcher)
    for criteria, entry in question.conditional_links.values():
        if criteria in searches and before.get(criteria) != bearers.get(criteria):
            raise Contradiction("What a reference by search finds depends on another one.", entry=entry)
    return new_links


def _new_links(targets: list[Target]) -> dict[str, str]:
    """fullUrl -> literal reference."""
    return {
        t.change.full_url: t.key.reference
        for t in targets
        if t.change.full_url and t.change.action != "delete"
    }


def _conditional(
    question: Question, resolved: Resolved, targets: list[Target], bearers: Bearers
) -> dict[str, str]:
    """Conditional reference -> literal reference; what the request itself writes counts
    (https://hl7.org/fhir/R4/http.html#trules)."""
    gone = {t.key for t in targets if t.write and t.change.action != "create"}
    found: dict[str, str] = {}
    for link, (condition, entry) in question.conditional_links.items():
        ids = {id_ for id_ in resolved.matches[condition] if Key(condition.type, id_) not in gone}
        ids |= bearers.get(condition, set())
        if len(ids) != 1:
            raise (Ambiguous if ids else Unmatched)(entry=entry)
        found[link] = f"{condition.type}/{ids.pop()}"
    return found


def _state(target: Target, links: Links, new_links: Mapping[str, str], recorded_at: str) -> Stated | None:
    """The version that a change makes; None when it makes none."""
    change, key, head = target.change, target.key, target.head
    if not target.write:
        return None
    if change.action == "delete" or change.json is None:
        version = ResourceVersion(*key, head.version + 1, "delete", 0, b"")
        return Stated(key, version, head.subject, head.stream, frozenset(), recorded_at, b"", False)
    text = rewrite(change.raw, links, new_links)
    if len(text) > LARGEST_RESOURCE:
        raise TooLarge("A resource passes 8 MiB once its links are rewritten.", entry=change.index)
    body = make_body(text, key.id)
    digest = digest_of(body)
    if digest == head.digest and not head.deleted:
        return None
    version = ResourceVersion(
        *key, head.version + 1, "update" if head.version else "create", body.splice, compress(body.bytes)
    )
    subject = _subject(key, change.json, new_links)
    moved = bool(head.version) and subject != head.subject
    return Stated(
        key,
        version,
        subject,
        head.stream if head.version and not moved else None,
        frozenset(reference.partition("/")[2] for reference in encounter_references(change.json, new_links)),
        main_date(change.json) or recorded_at,
        digest,
        not head.version,
        Former(head.subject, head.stream) if moved else None,
    )


def _subject(key: Key, resource: dict[str, Any], links: Mapping[str, str]) -> UUID:
    """The one citizen a resource is about, else the resource itself."""
    if key.type == "Patient":
        return subject_of(key.reference)
    patients = patient_references(resource, links)
    return subject_of(patients.pop() if len(patients) == 1 else key.reference)


def _outcome(change: Change, targets: list[Target], made: Mapping[Key, ResourceVersion]) -> Outcome:
    """made: all versions of the request; one entry may find what another states."""
    if change.several:
        return Outcome(204, Key(change.type, ""), 0)
    (target,) = targets
    key, head = target.key, target.head
    version = made[key].version if key in made else head.version
    if change.action == "delete":
        return Outcome(204, key, version if target.write else 0)
    return Outcome(201 if target.write and head.deleted else 200, key, version)


def _append_facts(append: Append, stated: list[Stated], outcomes: list[Outcome], request: Request) -> None:
    actor = request.actor
    common = {
        "actor": actor.client,
        "user": actor.user,
        "facility": actor.facility,
        "device": actor.device,
        "recorded_at": request.recorded_at,
        "correlation_id": request.correlation_id,
    }
    if request.key:
        entries = [(outcome.status, *outcome.key, outcome.version) for outcome in outcomes]
        append.answer = Answer(request.key.client, request.key.key, request.key.request_hash, entries)
    for group in into_encounters(stated):
        append.heads += [HeadWrite(one.key, _head(one)) for one in group]
        answer = None if append.facts else append.answer
        for fact in facts_of(group, common, answer):
            append.facts.append(EncodedFact(fact.stream, fact.name, encode_fact(fact), fact.subject))


def _head(one: Stated) -> Head:
    assert one.stream is not None  # into_encounters gave it one
    return Head(one.stream, one.subject, one.version.version, one.version.action == "delete", one.digest)

"""Deciding: from a request and what the record knows to what shall be stored and answered.

Pure: the same request and the same knowledge give the same decision, but for new ids. Whether the knowledge
still holds is asserted again under the append lock (appending.py).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from itertools import chain
from typing import Any, NamedTuple
from uuid import UUID

import orjson

from ehr.appending import (
    LARGEST_RESOURCE,
    Append,
    Claim,
    Condition,
    EncodedFact,
    Head,
    HeadWrite,
    Match,
    Resolved,
)
from ehr.bodies import digest_of, make_body
from ehr.compression import compress, decompress
from ehr.conditional import conditional_reference
from ehr.definitions import encounter_references, main_date, patient_references
from ehr.encoding import encode_fact
from ehr.errors import Ambiguous, Contradiction, Refusal, TooLarge, Unmatched
from ehr.facts import Answer, ResourceVersion
from ehr.grouping import Former, Stated, facts_of, into_encounters
from ehr.identifiers import claims_of
from ehr.links import NO_LINKS, URNS, Links, Targets, find_links, rewrite
from ehr.requests import Request
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


class Question(NamedTuple):
    """A request with the links of its resources: what has to be known before it can be decided."""

    request: Request
    links: list[Links]
    conditional_links: dict[str, tuple[Condition, int | None]]

    @property
    def conditions(self) -> set[Condition]:
        """Every condition that the request names, in its searches or its references."""
        searches = {change.condition for change in self.request.changes if change.condition}
        return searches | {condition for condition, _ in self.conditional_links.values()}

    def heads(self, matches: Mapping[Condition, tuple[str, ...]]) -> set[Key]:
        """Every resource whose version matters, once it is known what the conditions match."""
        wanted: set[Key] = set()
        for change in self.request.changes:
            ids = list(matches[change.condition][:1]) if change.condition else []
            if change.action != "create":
                ids += [change.id or (change.json or {}).get("id", "")]
            wanted |= {Key(change.type, id_) for id_ in ids if id_}
        return wanted


def ask(request: Request) -> Question:
    """Reads the links of a request. Raises Undecidable for conditions that cannot be decided."""
    absolute = any(c.full_url and not c.full_url.startswith(URNS) for c in request.changes)
    links: list[Links] = []
    conditional: dict[str, tuple[Condition, int | None]] = {}
    for change in request.changes:
        found = find_links(change.raw, change.json, absolute=absolute) if change.json else NO_LINKS
        links.append(found)
        for target in found.conditional:
            condition = _condition(target, change.index)
            if condition:
                conditional.setdefault(target, (condition, change.index))
    return Question(request, links, conditional)


def decide(question: Question, resolved: Resolved) -> Decision:
    """The decision. Raises a Refusal that names the entry when the request cannot stand."""
    targets = find_targets(question.request.changes, resolved)
    claims = {t.key: [*claims_of(t.key, t.change.json)] for t in targets if t.write and t.change.json}
    bearers = _bearers(chain.from_iterable(claims.values())) if question.conditions else {}
    _refuse_own_matches(targets, bearers)
    new_links = Targets(_new_links(targets) | _conditional(question, resolved, targets, bearers))
    append = Append()
    append.asserted_matches = [Match(c, resolved.matches[c]) for c in sorted(question.conditions, key=str)]
    stated: list[Stated] = []
    for target, links in zip(targets, question.links, strict=True):
        seen = new_links.seen_from(target.change.full_url).targets
        one = _state(target, links, seen, question.request.recorded_at)
        if one:
            stated.append(one)
            # Usual links are no part of an identifier; of others its system may be one, which was rewritten.
            append.claims += claims.get(one.key, []) if links.usual else _claims_as_stated(one)
        elif target.head.version:
            append.asserted_heads.append((target.key, target.head.version))
    made = {one.key: one.version for one in stated}
    outcomes = [_outcome(target, made) for target in targets]
    _append_facts(append, stated, outcomes, question.request)
    return Decision(append, outcomes, made)


def _claims_as_stated(one: Stated) -> Iterable[Claim]:
    body = one.version.body
    return claims_of(one.key, orjson.loads(decompress(body))) if body else ()


def _bearers(claims: Iterable[Claim]) -> Mapping[Condition, set[str]]:
    """Ids of the request's own resources that match a condition, for each condition that any of them does."""
    bearers: dict[Condition, set[str]] = defaultdict(set)
    for key, system, value in claims:
        bearers[Condition(key.type, system, value)].add(key.id)
        bearers[Condition(key.type, None, value)].add(key.id)
    return dict(bearers)


def _refuse_own_matches(targets: list[Target], bearers: Mapping[Condition, set[str]]) -> None:
    """What is created where none matches, or updated as the only match, cannot stand beside another entry
    that would match."""
    for target in targets:
        condition = target.change.condition
        if condition is None or target.change.action == "delete" or not target.write:
            continue
        if bearers.get(condition, set()) - {target.key.id}:
            raise Contradiction("Another entry matches its condition.", entry=target.change.index)


def _condition(link: str, entry: int | None) -> Condition | None:
    try:
        return conditional_reference(link)
    except Refusal as refusal:
        refusal.entry = entry
        raise


def _new_links(targets: list[Target]) -> dict[str, str]:
    """fullUrl -> literal reference."""
    return {
        t.change.full_url: t.key.reference
        for t in targets
        if t.change.full_url and t.change.action != "delete"
    }


def _conditional(
    question: Question, resolved: Resolved, targets: list[Target], bearers: Mapping[Condition, set[str]]
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


def _outcome(target: Target, made: Mapping[Key, ResourceVersion]) -> Outcome:
    """made: all versions of the request; one entry may find what another states."""
    key, head = target.key, target.head
    version = made[key].version if key in made else head.version
    if target.change.action == "delete":
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

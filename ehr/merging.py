"""Merging: a Patient is replaced by another one in their resources too, and how that is taken back.

https://hl7.org/fhir/R5/patient-operation-merge.html. Beside the fact about the pair (linking.py), only
``active`` and ``link`` of the two are written, and of the one that stays what it is to be, where that is
said. What refers to the replaced one goes on doing so. Pure.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import orjson
from msgspec.structs import replace

from ehr.appending import Append, Condition, Criteria, EncodedFact, Head, Match, Stream
from ehr.communes.table import MERGED
from ehr.compression import decompress
from ehr.deciding import Decision, Outcome
from ehr.encoding import encode_fact
from ehr.errors import AlreadyReplaced, Contradiction, NotMerged, NotNamed, NotThere
from ehr.facts import AnyPairFact, Evidence, Merge, RecordsLinked, RecordsUnlinked, ResourceVersion
from ehr.identifiers import claims_of
from ehr.linking import Act, Judgement, State, decide, looked_at, pair_of, past_of
from ehr.matching.judging import judge
from ehr.matching.person import person_of
from ehr.patient_links import REPLACED_BY, REPLACES, PatientLink, inactive, linked, links_of, unlinked
from ehr.requests import Change, IdempotencyKey
from ehr.values import Actor, Key


class Named(NamedTuple):
    """How a Patient is named: by its id, by identifiers that it bears all of, or both.

    version: the one that was looked at, where that is said.
    """

    id: str | None = None
    identifiers: frozenset[Condition] = frozenset()
    version: int | None = None


class Result(NamedTuple):
    """What the Patient that stays is to be: valid, as received and parsed."""

    raw: bytes
    json: dict[str, Any]


class Wish(NamedTuple):
    """The wish that the source is replaced by the target, or that this is taken back.

    preview: nothing is stored. recorded_at: now, by the door's clock.
    """

    source: Named
    target: Named
    actor: Actor
    recorded_at: str
    reason: str | None = None
    result: Result | None = None
    preview: bool = False
    correlation_id: str | None = None
    key: IdempotencyKey | None = None

    @property
    def conditions(self) -> set[Condition]:
        """All identifiers that are named."""
        return {*self.source.identifiers, *self.target.identifiers}


class Held(NamedTuple):
    """A Patient as the record has it. head: None for one that was never stated."""

    key: Key
    head: Head | None
    versions: Sequence[ResourceVersion]  # the current one, and the one before that which a merge made

    @property
    def current(self) -> bytes:
        """The body of the current version. Raises NotThere."""
        if self.head is None or self.head.deleted:
            raise NotThere(f"{self.key.reference}.")
        return self.body(self.head.version)

    def body(self, version: int) -> bytes:
        """Of a version that has one."""
        return decompress(next(one.body for one in self.versions if one.version == version))


class Both(NamedTuple):
    """The two Patients. facts: about their pair, in order."""

    source: Held
    target: Held
    facts: Sequence[AnyPairFact]

    @property
    def patients(self) -> tuple[Held, Held]:
        """The source first."""
        return self.source, self.target

    @property
    def heads(self) -> dict[Key, Head]:
        """Of those that were ever stated."""
        return {held.key: held.head for held in self.patients if held.head}

    def outcomes(self, made: Mapping[Key, ResourceVersion]) -> list[Outcome]:
        """Of those that are there, with the version that was made, or else the current one."""
        current = {key: head.version for key, head in self.heads.items() if not head.deleted}
        return [
            Outcome(200, key, made[key].version if key in made else version)
            for key, version in current.items()
        ]


class Restated(NamedTuple):
    """What becomes of a wish: versions of the two Patients, and a judgement about them."""

    changes: list[Change]
    judgement: Judgement

    def judged(self, made: Mapping[Key, ResourceVersion], before: Merge | None) -> Judgement | None:
        """The judgement, with the versions that are made; None where all is so already.

        before: the merge that stands. What it has made is kept, so that all of it can be taken back.
        """
        merge = self.judgement.merge
        if self.judgement.act is Act.UNLINK or merge is None:
            return self.judgement
        if before and before.source == merge.source:
            merge = before
        source, target = (change.id or "" for change in self.changes)
        merge = Merge(
            merge.source,
            merge.source_version or _number(made, source),
            merge.target_version or _number(made, target),
        )
        return None if merge == before and not made else self.judgement._replace(merge=merge)


def named(one: Named, matches: Mapping[Criteria, tuple[str, ...]]) -> str:
    """The id of the Patient. Raises NotNamed."""
    found = [set(matches[condition]) for condition in one.identifiers]
    ids = set.intersection(*found, *([{one.id}] if one.id else [])) if found or one.id else set()
    if len(ids) != 1:
        raise NotNamed(f"Named are {len(ids)}.")
    return ids.pop()


Rule = Callable[[Wish, Both], Restated | None]
"""What becomes of a wish; None where it is so already. Raises a Refusal."""


def merged(wish: Wish, both: Both) -> Restated:
    """The source is inactive and replaced by the target. Raises a Refusal."""
    source, target = both.patients
    raw, kept = source.current, target.current
    _refuse_replaced(raw, but=target.key)
    _refuse_replaced(kept)
    if wish.result:
        _check_result(wish, wish.result, target.key)
        kept = wish.result.raw
    changes = [
        _change(source.key, linked(inactive(raw), PatientLink(REPLACED_BY, target.key.reference))),
        _change(target.key, linked(kept, PatientLink(REPLACES, source.key.reference))),
    ]
    return Restated(changes, _judgement(wish, Act.LINK, both, Merge(source.key.id, 0, 0), changes))


def unmerged(wish: Wish, both: Both) -> Restated | None:
    """What the merge wrote is taken back; None where it has been. Raises a Refusal.

    A Patient that was not amended since becomes what it was before. One that was loses the link, and is
    active as before unless it was made so since.
    """
    source, target = both.patients
    merge = past_of(both.facts).merge
    if merge is None or merge.source != source.key.id:
        if _was_taken_back(both):
            return None
        raise NotMerged
    changes = [
        *_restored(source, merge.source_version, PatientLink(REPLACED_BY, target.key.reference)),
        *_restored(target, merge.target_version, PatientLink(REPLACES, source.key.reference)),
    ]
    return Restated(changes, _judgement(wish, Act.UNLINK, both, merge, changes))


def append_of(
    wish: Wish,
    restated: Restated,
    both: Both,
    decision: Decision,
    matches: Mapping[Criteria, tuple[str, ...]],
) -> Append | None:
    """What is to be appended, the fact about the pair behind those about the Patients; None where all is so
    already. decision: on the changes. matches: of the identifiers. Raises a Refusal."""
    past = past_of(both.facts)
    judgement = restated.judged(decision.versions, past.merge)
    fact = decide(judgement, past) if judgement else None
    if judgement is None or fact is None:
        return None
    append = decision.append
    if append.answer and not append.facts:  # It rides on the first one.
        fact = replace(fact, answer=append.answer)
    append.facts.append(
        EncodedFact(fact.stream, fact.name, encode_fact(fact), fact.subject, past.version + 1)
    )
    looked_at(judgement, both.heads)
    append.asserted_heads += [(key, head.version) for key, head in both.heads.items()]
    append.asserted_matches += [Match(one, matches[one]) for one in sorted(wish.conditions, key=str)]
    return append


class Linked(NamedTuple):
    """When two Patients were last taken for one person: after the fact at since, until that at until (None:
    still)."""

    since: int
    until: int | None


def last_linked(pair: Stream) -> Linked | None:
    """What the facts of a pair say; None where they never were."""
    last: Linked | None = None
    for fact, position in zip(pair.facts, pair.positions, strict=True):
        stands = isinstance(fact, RecordsLinked)
        if stands and (last is None or last.until is not None):
            last = Linked(position, None)
        elif last and last.until is None and isinstance(fact, RecordsUnlinked):
            last = Linked(last.since, position)
    return last


def _number(made: Mapping[Key, ResourceVersion], id_: str) -> int:
    one = made.get(Key("Patient", id_))
    return one.version if one else 0


def _judgement(wish: Wish, act: Act, both: Both, merge: Merge, changes: Sequence[Change]) -> Judgement:
    """With how far the two agree as they are stated now: once this is taken back, what they have in common
    is nothing new to programs, which would link them again by it."""
    seen = zip((wish.source, wish.target), both.patients, strict=True)
    return Judgement(
        act,
        pair_of(both.source.key.id, both.target.key.id),
        wish.actor,
        wish.recorded_at,
        _agreement(changes, wish.recorded_at[:10]),
        reason=wish.reason,
        patients={held.key.id: one.version for one, held in seen if one.version is not None},
        merge=merge,
        correlation_id=wish.correlation_id,
    )


def _agreement(changes: Sequence[Change], on: str) -> tuple[Evidence, ...]:
    """Of the two, if both are stated."""
    people = [person_of(change.json, units=MERGED, on=on) for change in changes]
    return judge(people[0], people[1]).evidence if len(people) > 1 else ()


def _was_taken_back(both: Both) -> bool:
    merges = [fact.merge for fact in both.facts if isinstance(fact, RecordsLinked)]
    last = merges[-1] if merges else None
    unlinked = past_of(both.facts).state is State.UNLINKED
    return unlinked and last is not None and last.source == both.source.key.id


def _check_result(wish: Wish, result: Result, target: Key) -> None:
    if result.json.get("id", target.id) != target.id:
        raise Contradiction("result-patient has not the id of the target.")
    borne = {(claim.system, claim.value) for claim in claims_of(target, result.json)}
    values = {value for _, value in borne}
    for one in wish.conditions:
        if one.value not in values if one.system is None else (one.system, one.value) not in borne:
            raise Contradiction("result-patient lacks an identifier by which a Patient is named.")
    if any(link.type == REPLACED_BY for link in links_of(result.raw)):
        raise Contradiction("result-patient is itself replaced.")


def _refuse_replaced(raw: bytes, but: Key | None = None) -> None:
    if any(
        link.type == REPLACED_BY and (but is None or link.other != but.reference) for link in links_of(raw)
    ):
        raise AlreadyReplaced


def _restored(held: Held, version: int, link: PatientLink) -> Iterable[Change]:
    """A change, also where it comes to nothing; none for a Patient that was deleted. link: what was written
    at that version."""
    if held.head is None or held.head.deleted:
        return
    raw = held.current
    if version == held.head.version:
        raw = held.body(version - 1)
    elif version:
        raw = unlinked(raw, held.body(version - 1), link)
    yield _change(held.key, raw)


def _change(key: Key, raw: bytes) -> Change:
    return Change(None, "update", key.type, key.id, raw=raw, json=orjson.loads(raw))

"""Linking: whether two Patients are one person, decided pair by pair.

A pair is the fold of its facts, and a judgement about it becomes a fact, nothing where it is so already, or a
refusal. Nothing is rewritten by a link, so it can be taken back at any time. Pure.
"""

from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from hashlib import blake2b
from math import isfinite
from types import MappingProxyType
from typing import NamedTuple
from uuid import UUID

from msgspec.structs import replace

from ehr.appending import Head
from ehr.errors import (
    Contradiction,
    Gone,
    JudgedDifferent,
    JudgedMeanwhile,
    KeptApart,
    KeyReused,
    NoNumberShared,
    NotLinked,
    NotProposed,
    OnlyPeople,
    Outdated,
    StillLinked,
    StillMerged,
    Unknown,
)
from ehr.evidence import LEAST_TO_LINK, Numbers, known_by, says_more, together
from ehr.facts import (
    SCHEMA_VERSION,
    AnyPairFact,
    Evidence,
    LinkDoubted,
    LinkPostponed,
    LinkProposed,
    Merge,
    RecordsJudgedDifferent,
    RecordsLinked,
    RecordsUnlinked,
)
from ehr.identifiers import shortened
from ehr.values import ID, Actor, Key, new_id, stream_of_pair, subject_of

MOST_EVIDENCE = 64
LONGEST_WORD = 64
LONGEST_REASON = 2000
"""Fields that are kept of what was compared; characters of a field, level or rule, and of a reason."""


class Pair(NamedTuple):
    """Ids of two Patients, in the order of their subjects."""

    patient: str
    other_patient: str

    @property
    def subject(self) -> UUID:
        """Of the first one."""
        return subject_of(f"Patient/{self.patient}")

    @property
    def other(self) -> UUID:
        """Of the second one."""
        return subject_of(f"Patient/{self.other_patient}")

    @property
    def stream(self) -> UUID:
        """Of the facts about this pair."""
        return stream_of_pair(self.subject, self.other)

    @property
    def keys(self) -> tuple[Key, Key]:
        """Of the two Patients."""
        return Key("Patient", self.patient), Key("Patient", self.other_patient)


def pair_of(one: str, other: str) -> Pair:
    """The pair of two Patients' ids, whichever is named first. Raises Unknown for what is no id, and
    Contradiction for one Patient with itself."""
    if not (ID.fullmatch(one) and ID.fullmatch(other)):
        raise Unknown
    if one == other:
        raise Contradiction("A Patient makes no pair with itself.")
    first, second = sorted((one, other), key=lambda id_: subject_of(f"Patient/{id_}"))
    return Pair(first, second)


class Act(StrEnum):
    """What may be asked for."""

    PROPOSE = "propose"
    LINK = "link"
    UNLINK = "unlink"
    JUDGE_DIFFERENT = "judge-different"
    POSTPONE = "postpone"
    DOUBT = "doubt"


class Judgement(NamedTuple):
    """The wish that something is decided about a pair.

    evidence: what was known when it was judged; of a person's judgement, what was shown. rule: version of the
    rules by which a program judges; None for a person. op_id: under which it is stored at most once; that of
    a program follows from what it has judged. if_version: of the pair, when it was looked at. patients: the
    versions of the Patients that were looked at, by id. merge: that one is replaced by the other, or that
    this is taken back (merging.py).
    """

    act: Act
    pair: Pair
    actor: Actor
    recorded_at: str
    evidence: tuple[Evidence, ...] = ()
    rule: str | None = None
    reason: str | None = None
    op_id: str | None = None
    if_version: int | None = None
    patients: Mapping[str, int] = MappingProxyType({})
    merge: Merge | None = None
    correlation_id: str | None = None
    causation_id: str | None = None


class State(StrEnum):
    """How it stands with a pair. A link that is doubted stands (LINKS)."""

    UNKNOWN = "unknown"
    PROPOSED = "proposed"
    LINKED = "linked"
    UNLINKED = "unlinked"
    DIFFERENT = "different"
    POSTPONED = "postponed"
    DOUBTED = "doubted"


STATES: Mapping[str, State] = MappingProxyType(
    {
        LinkProposed.name: State.PROPOSED,
        RecordsLinked.name: State.LINKED,
        RecordsUnlinked.name: State.UNLINKED,
        RecordsJudgedDifferent.name: State.DIFFERENT,
        LinkPostponed.name: State.POSTPONED,
        LinkDoubted.name: State.DOUBTED,
    }
)
"""What each fact about a pair makes of it: the last one says how it stands."""

LINKS = frozenset({State.LINKED, State.DOUBTED})
"""The states in which two Patients are one person."""

_APART = frozenset({State.UNLINKED, State.DIFFERENT})
"""Somebody has judged that the two are not one person."""

_LOOKED_AT = _APART | {State.POSTPONED}
"""Somebody has looked and there is no link: a program does not decide over that on what was known."""

_FACTS: Mapping[Act, type[AnyPairFact]] = MappingProxyType(
    {
        Act.PROPOSE: LinkProposed,
        Act.LINK: RecordsLinked,
        Act.UNLINK: RecordsUnlinked,
        Act.JUDGE_DIFFERENT: RecordsJudgedDifferent,
        Act.POSTPONE: LinkPostponed,
        Act.DOUBT: LinkDoubted,
    }
)


class Past(NamedTuple):
    """What the facts of a pair amount to.

    version: how many they are. known: of all evidence so far. judged: what was known when somebody last
    looked and did not link; empty after somebody did. apart: DIFFERENT or UNLINKED while that judgement of a
    person stands, whatever programs have proposed since. ops: op_id -> name of its fact. merge: the one that
    stands. by_program: whether a program made the link that stands.
    """

    state: State = State.UNKNOWN
    version: int = 0
    known: Numbers = MappingProxyType({})
    judged: Numbers = MappingProxyType({})
    apart: State | None = None
    ops: Mapping[str, str] = MappingProxyType({})
    merge: Merge | None = None
    by_program: bool = False


def past_of(facts: Iterable[AnyPairFact]) -> Past:
    """The fold of a pair's facts, in order."""
    past = Past()
    for fact in facts:
        past = _after(past, fact)
    return past


def _after(past: Past, fact: AnyPairFact) -> Past:
    state = STATES[fact.name]
    known = together(past.known, known_by(fact.evidence))
    judged = past.judged
    if state in _LOOKED_AT:
        judged = known
    elif state is State.LINKED and fact.rule is None:
        judged = {}
    ops = {**past.ops, fact.op_id: fact.name} if fact.op_id else past.ops
    merge, by_program = past.merge, past.by_program
    if state is not State.DOUBTED:
        merge = fact.merge if isinstance(fact, RecordsLinked) else None
        by_program = state is State.LINKED and fact.rule is not None
    return Past(state, past.version + 1, known, judged, _apart(past, fact, state), ops, merge, by_program)


def _apart(past: Past, fact: AnyPairFact, state: State) -> State | None:
    """A link ends such a judgement, and somebody who proposes the two; a program that only asks does not."""
    if state in _APART:
        return state
    if state is State.LINKED or (state is State.PROPOSED and fact.rule is None):
        return None
    return past.apart


def decide(judgement: Judgement, past: Past) -> AnyPairFact | None:
    """The fact that the judgement becomes; None where it is so already. Raises a Refusal in words."""
    judgement = _cut(judgement)
    kind = _FACTS[judgement.act]
    before = past.ops.get(judgement.op_id or "")
    if before and before != kind.name:
        raise KeyReused
    if before or not _RULES[judgement.act](judgement, past):
        return None
    if judgement.if_version not in (None, past.version):
        raise JudgedMeanwhile
    return _fact(kind, judgement)


def looked_at(judgement: Judgement, heads: Mapping[Key, Head]) -> list[tuple[Key, int]]:
    """The versions of the Patients that a judgement takes for granted; ``append`` asserts them again.

    Raises Unknown for a Patient that never was, Outdated for another version than it names, and Gone for a
    deleted one that is to be one person.
    """
    asserted: list[tuple[Key, int]] = []
    for key in judgement.pair.keys:
        head = heads.get(key)
        if head is None:
            raise Unknown
        if head.deleted and judgement.act in (Act.PROPOSE, Act.LINK):
            raise Gone
        if key.id in judgement.patients:
            if head.version != judgement.patients[key.id]:
                raise Outdated
            asserted.append((key, head.version))
    return asserted


# Whether each act changes something. They raise what speaks against it.


def _propose(judgement: Judgement, past: Past) -> bool:
    if past.state in LINKS:
        return False
    if judgement.rule is None:
        return past.state is not State.PROPOSED
    if past.state is State.UNKNOWN or says_more(judgement.evidence, past.known):
        return True
    if past.state in _LOOKED_AT:
        raise KeptApart
    return False


def _link(judgement: Judgement, past: Past) -> bool:
    if judgement.merge:
        _require_person(judgement)
        if past.apart is State.DIFFERENT:
            raise JudgedDifferent
        return True
    if judgement.rule is None:
        return past.state is not State.LINKED
    if past.state in LINKS:
        return False
    if not says_more(judgement.evidence, {}, LEAST_TO_LINK):
        raise NoNumberShared
    if not says_more(judgement.evidence, past.judged, LEAST_TO_LINK):
        raise KeptApart
    return True


def _unlink(judgement: Judgement, past: Past) -> bool:
    _require_person(judgement)
    if past.state not in LINKS | {State.UNLINKED}:
        raise NotLinked
    if past.merge != judgement.merge:
        raise StillMerged
    return past.state in LINKS


def _judge_different(judgement: Judgement, past: Past) -> bool:
    _require_person(judgement)
    if past.state in LINKS:
        raise StillLinked
    return past.state is not State.DIFFERENT


def _postpone(judgement: Judgement, past: Past) -> bool:
    _require_person(judgement)
    if past.state not in (State.PROPOSED, State.POSTPONED):
        raise NotProposed
    return past.state is State.PROPOSED


def _doubt(judgement: Judgement, past: Past) -> bool:
    """Of a link that somebody has made or confirmed, a program has no doubts."""
    if judgement.rule is None:
        raise Contradiction("Whoever doubts a link takes it back.")
    if past.state not in LINKS:
        raise NotLinked
    return past.by_program and past.state is State.LINKED


_RULES: Mapping[Act, Callable[[Judgement, Past], bool]] = MappingProxyType(
    {
        Act.PROPOSE: _propose,
        Act.LINK: _link,
        Act.UNLINK: _unlink,
        Act.JUDGE_DIFFERENT: _judge_different,
        Act.POSTPONE: _postpone,
        Act.DOUBT: _doubt,
    }
)


def _require_person(judgement: Judgement) -> None:
    if judgement.rule is not None:
        raise OnlyPeople


def _fact(kind: type[AnyPairFact], judgement: Judgement) -> AnyPairFact:
    pair, actor = judgement.pair, judgement.actor
    fact = kind(
        event_id=new_id(),
        schema_version=SCHEMA_VERSION,
        subject=pair.subject,
        stream=pair.stream,
        resources=[],
        facility=actor.facility,
        device=actor.device,
        actor=actor.client,
        user=actor.user,
        happened_at=judgement.recorded_at,
        recorded_at=judgement.recorded_at,
        correlation_id=judgement.correlation_id,
        causation_id=judgement.causation_id,
        op_id=judgement.op_id,
        patient=pair.patient,
        other=pair.other,
        other_patient=pair.other_patient,
        evidence=list(judgement.evidence),
        rule=judgement.rule,
        reason=judgement.reason,
    )
    return replace(fact, merge=judgement.merge) if isinstance(fact, RecordsLinked) else fact


def _cut(judgement: Judgement) -> Judgement:
    """The same within bounds, and under its op_id."""
    evidence = tuple(
        Evidence(_text(one.field, LONGEST_WORD), _text(one.level, LONGEST_WORD), _number(one.bits))
        for one in judgement.evidence[:MOST_EVIDENCE]
    )
    rule = None if judgement.rule is None else _text(judgement.rule, LONGEST_WORD)
    cut = judgement._replace(
        evidence=evidence, rule=rule, reason=_text(judgement.reason or "", LONGEST_REASON) or None
    )
    if judgement.op_id:
        return cut._replace(op_id=shortened(_text(judgement.op_id, LONGEST_REASON)) or None)
    return cut if rule is None else cut._replace(op_id=_op_id(cut))


def _op_id(judgement: Judgement) -> str:
    """Of a program: the same for the same act by the same rules on the same evidence. How many bits that
    weighs is left out: it changes with how often a name is met. A link may be doubted again when one of the
    two was amended again."""
    said = sorted(f"{one.field}={one.level}" for one in judgement.evidence)
    if judgement.act is Act.DOUBT:
        said += sorted(f"{id_}={version}" for id_, version in judgement.patients.items())
    text = "\n".join([judgement.act, str(judgement.pair.stream), judgement.rule or "", *said])
    return blake2b(text.encode(), digest_size=16).hexdigest()


def _text(text: str, most: int) -> str:
    """What can be stored: no NUL, no half of a character, and not longer than that."""
    return text[:most].replace("\0", " ").encode(errors="replace").decode().strip()


def _number(bits: float) -> float:
    return bits if isfinite(bits) else 0.0

"""The one door into the record: a request goes in, an outcome or a refusal comes out."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

from ehr.appending import Append, EncodedFact, Head, Recorder, Resolved, Stored, Stream, Verdict
from ehr.asking import Question, ask
from ehr.dates import instant
from ehr.deciding import Outcome, decide
from ehr.encoding import encode_fact
from ehr.errors import KeyReused, Unavailable
from ehr.facts import Merge, PairFact, ResourceVersion
from ehr.linking import STATES, Judgement, Past, State, looked_at, pair_of, past_of
from ehr.linking import decide as decide_pair
from ehr.merging import Both, Held, Rule, Wish, append_of, merged, named, unmerged
from ehr.requests import IdempotencyKey, Request
from ehr.searching import Searcher
from ehr.values import Key

MOST_TRIES = 200
"""Times a request is resolved anew because others changed what it depends on, before it gives up."""


class Receipt(NamedTuple):
    """What became of a request.

    position: where its facts can be read; 0 when nothing was to be stored. last_updated: RFC 3339, of the
    versions made; empty when none was. repeated: this answers a request that had been answered before, with
    the same key. versions: those made now. subjects: whom the facts and what was found are about.
    """

    outcomes: list[Outcome]
    position: int
    last_updated: str
    repeated: bool
    versions: Mapping[Key, ResourceVersion]
    subjects: frozenset[UUID]


class Judged(NamedTuple):
    """How it stands with a pair now. stored: whether by this judgement; else it was so already.

    version: of the pair, the number of its facts. position: where they can be read; 0 where there is none.
    """

    state: State
    version: int
    position: int
    stored: bool


class HealthRecord:
    """Decides requests on what the recorder knows, and stores what stands."""

    def __init__(self, recorder: Recorder, searcher: Searcher | None = None) -> None:
        """``recorder`` outlives this object. searcher: the recorder's, if it has one; without it, conditions
        name an identifier."""
        self._recorder = recorder
        self._searcher = searcher

    async def state(self, request: Request) -> Receipt:
        """Stores all of the request or nothing. Raises a Refusal.

        A refusal for what others did meanwhile is never passed on: the request is resolved again.
        """
        question = ask(request, self._searcher)
        for _ in range(MOST_TRIES):
            resolved = await self._resolve(question)
            if resolved.stored:
                return await self._repeat(request.key, resolved.stored)
            decision = decide(question, resolved, self._searcher)
            subjects = _subjects(decision.outcomes, resolved.heads)
            if not decision.changes_something:
                return Receipt(decision.outcomes, 0, "", False, {}, subjects)
            appended = await self._recorder.append(decision.append)
            if appended.verdict is Verdict.STORED:
                made, stamp = decision.versions, appended.last_updated if decision.versions else ""
                subjects |= {fact.subject for fact in decision.append.facts}
                return Receipt(decision.outcomes, appended.position, stamp, False, made, subjects)
        raise Unavailable("Others keep changing what this request depends on.")

    async def judge(self, judgement: Judgement) -> Judged:
        """Stores what becomes of a judgement about two Patients, if that changes anything. Raises a Refusal.

        Of several at once one is stored first, and the others are judged again by what is so then.
        """
        for _ in range(MOST_TRIES):
            stream = await self._recorder.read_stream(judgement.pair.stream)
            past = _past(stream)
            append = await self._judged(judgement, past)
            if append is None:
                return Judged(past.state, past.version, stream.position, stored=False)
            appended = await self._recorder.append(append)
            if appended.verdict is Verdict.STORED:
                state = STATES[append.facts[0].type]
                return Judged(state, past.version + 1, appended.position, stored=True)
        raise Unavailable("Others keep changing what this judgement depends on.")

    async def merge(self, wish: Wish) -> Receipt:
        """Lets a Patient be replaced by another: both are stated anew and linked in one flush, or nothing is.

        Its outcomes are of the two, the source first. Nothing is stored, and its position is 0, where it is
        so already and for a preview; that has the versions that would be made. Raises a Refusal.
        """
        return await self._restate(wish, merged)

    async def unmerge(self, wish: Wish) -> Receipt:
        """Takes that back in the same way. A Patient that was deleted since has no outcome."""
        return await self._restate(wish, unmerged)

    async def _restate(self, wish: Wish, rule: Rule) -> Receipt:
        asked = (wish.key.client, wish.key.key) if wish.key else None
        for _ in range(MOST_TRIES):
            found = await self._recorder.resolve(set(), wish.conditions, asked)
            if found.stored:
                return await self._repeat(wish.key, found.stored)
            both = await self._hold(named(wish.source, found.matches), named(wish.target, found.matches))
            receipt = await self._try(wish, rule, both, found)
            if receipt:
                return receipt
        raise Unavailable("Others keep changing what this request depends on.")

    async def _try(self, wish: Wish, rule: Rule, both: Both, found: Resolved) -> Receipt | None:
        """None where others have changed meanwhile what it depends on."""
        subjects = frozenset(held.head.subject for held in both.patients if held.head)
        restated = rule(wish, both)
        if restated is None:
            return Receipt(both.outcomes({}), 0, "", False, {}, subjects)
        request = Request(restated.changes, wish.actor, wish.recorded_at, wish.correlation_id, wish.key)
        question = ask(request, self._searcher)
        resolved = await self._resolve(question)
        if resolved.stored or any(resolved.heads.get(key, now_) != now_ for key, now_ in both.heads.items()):
            return None
        decision = decide(question, resolved, self._searcher)
        append = append_of(wish, restated, both, decision, found.matches)
        outcomes = both.outcomes(decision.versions)
        if append is None or wish.preview:
            return Receipt(outcomes, 0, "", False, decision.versions, subjects)
        appended = await self._recorder.append(append)
        if appended.verdict is not Verdict.STORED:
            return None
        made, stamp = decision.versions, appended.last_updated if decision.versions else ""
        return Receipt(outcomes, appended.position, stamp, False, made, subjects)

    async def _hold(self, source: str, target: str) -> Both:
        """What the record has of two Patients and their pair; ``append`` asserts it again."""
        pair = pair_of(source, target)
        heads = (await self._recorder.resolve(set(pair.keys), set(), None)).heads
        stream = await self._recorder.read_stream(pair.stream)
        facts = [fact for fact in stream.facts if isinstance(fact, PairFact)]
        merge = past_of(facts).merge or Merge("", 0, 0)
        one = await self._held(Key("Patient", source), heads, merge.source_version)
        other = await self._held(Key("Patient", target), heads, merge.target_version)
        return Both(one, other, facts)

    async def _held(self, key: Key, heads: Mapping[Key, Head], merged_version: int) -> Held:
        """With its current version and the one before that which a merge made: each is a fact of its own."""
        if key not in heads:
            return Held(key, None, [])
        head, wanted = heads[key], {heads[key].version, merged_version - 1}
        facts = [await self._recorder.read_fact(head.stream, one) for one in sorted(wanted) if one > 0]
        return Held(key, head, [one for fact in facts if fact for one in fact.resources])

    async def _judged(self, judgement: Judgement, past: Past) -> Append | None:
        """What is to be appended; None when it is so already."""
        fact = decide_pair(judgement, past)
        if fact is None:
            return None
        heads = (await self._recorder.resolve(set(judgement.pair.keys), set(), None)).heads
        asserted = looked_at(judgement, heads)
        encoded = EncodedFact(fact.stream, fact.name, encode_fact(fact), fact.subject, past.version + 1)
        return Append([encoded], asserted_heads=asserted)

    async def _repeat(self, key: IdempotencyKey | None, stored: Stored) -> Receipt:
        """The answer that was given before, about whom it is now. Raises KeyReused."""
        if key is None or stored.request_hash != key.request_hash:
            raise KeyReused
        outcomes = [Outcome(status, Key(type_, id_), number) for status, type_, id_, number in stored.entries]
        heads = (await self._recorder.resolve({outcome.key for outcome in outcomes}, set(), None)).heads
        subjects = _subjects(outcomes, heads)
        return Receipt(outcomes, stored.position, stored.last_updated, True, {}, subjects)

    async def _resolve(self, question: Question) -> Resolved:
        """What the record knows: matches at one moment, heads at a later one.

        The answer is looked for again with the heads: what the same request has stored meanwhile must not
        refuse its own retry.
        """
        key = question.request.key
        asked = (key.client, key.key) if key else None
        conditional = question.conditions or question.searches
        first = await self._recorder.resolve(
            question.heads({}) if not conditional else set(), set(question.conditions), asked
        )
        if first.stored or not conditional:
            return first
        if question.searches:
            found = await self._recorder.find(question.searches)
            first = first._replace(matches=first.matches | found.matches, position=found.position)
        heads = question.heads(first.matches)
        if not heads:
            return first
        second = await self._recorder.resolve(heads, set(), asked)
        if second.stored:
            return second
        if any(second.heads[key].deleted for key in _found(first) & second.heads.keys()):
            return await self._resolve(question)  # What matched was deleted between the two moments.
        return first._replace(heads=second.heads)


def _past(stream: Stream) -> Past:
    return past_of(fact for fact in stream.facts if isinstance(fact, PairFact))


def _subjects(outcomes: list[Outcome], heads: Mapping[Key, Head]) -> frozenset[UUID]:
    return frozenset(heads[outcome.key].subject for outcome in outcomes if outcome.key in heads)


def _found(resolved: Resolved) -> set[Key]:
    return {Key(criteria.type, ids[0]) for criteria, ids in resolved.matches.items() if ids}


def now() -> str:
    """The present as an RFC 3339 instant in UTC with milliseconds."""
    return instant(datetime.now(UTC))

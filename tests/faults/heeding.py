"""Whether programs heed what somebody has said of others: no link of theirs makes one person of two who are
kept apart (docs/consistency.md).

A judgement may come between the look of a linking process and its link: that is promised to nobody. So each
process tells how far the view was at which it looked, before it states what follows.
"""

from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from itertools import count, product
from typing import NamedTuple
from uuid import UUID

from ehr.facts import Evidence, PairFact, RecordsLinked
from ehr.health_record import HealthRecord, Judged
from ehr.linking import Judgement
from projections.database import Reader, ViewDatabase
from streams.recorded_fact import RecordedFact
from tests.faults.people import components
from tests.pairing import kept_apart

SHOWN = "select position from views.generations where view = 'links' and state = 'serving'"


class Look(NamedTuple):
    """process: which one. at: what the view of links showed: everything up to that position."""

    process: int
    at: int


class _Named(NamedTuple):
    """What a program states: under such a name it is stored once."""

    stream: UUID
    rule: str | None
    evidence: frozenset[tuple[str, str]]


class Looks:
    """At which looks each thing was stated, or tried to be: a killed process does not know."""

    def __init__(self) -> None:
        self._of: defaultdict[_Named, set[Look]] = defaultdict(set)
        self._processes = count()

    def next_process(self) -> int:
        """A number that no other one has."""
        return next(self._processes)

    def note(self, judgement: Judgement, look: Look) -> None:
        """Before it is judged."""
        self._of[_named(judgement.pair.stream, judgement.rule, judgement.evidence)].add(look)

    def before(self, link: RecordedFact) -> set[Look]:
        """At which the link may have been stated."""
        fact = link.fact
        assert isinstance(fact, PairFact)
        looks = self._of[_named(fact.stream, fact.rule, fact.evidence)]
        return {look for look in looks if look.at < link.position}


def _named(stream: UUID, rule: str | None, evidence: Sequence[Evidence]) -> _Named:
    return _Named(stream, rule, frozenset((one.field, one.level) for one in evidence))


class WatchedViews(ViewDatabase):
    """Views that know how far they were at the last look."""

    looked_at = 0

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[Reader]:
        """As ever."""
        async with super().snapshot() as connection:
            row = await (await connection.execute(SHOWN)).fetchone()
            self.looked_at = row[0] if row else 0
            yield connection


class Watched(HealthRecord):
    """A record's door at which it is noted on which look somebody states what."""

    def __init__(self, record: HealthRecord, views: WatchedViews, looks: Looks) -> None:
        super().__init__(record._recorder)
        self._record, self._views, self._looks = record, views, looks
        self._process = looks.next_process()

    async def judge(self, judgement: Judgement) -> Judged:
        """As the door behind it."""
        self._looks.note(judgement, Look(self._process, self._views.looked_at))
        return await self._record.judge(judgement)


def unheeded(facts: Sequence[RecordedFact], looks: Looks) -> Iterator[str]:
    """Links by programs that make one person of two whom somebody keeps apart. Of the two themselves the
    record decides."""
    for link in filter(_is_by_program, facts):
        if all(_overlooks(facts, link, look, looks) for look in looks.before(link)):
            yield "a program makes one person of two who are kept apart"


def _is_by_program(one: RecordedFact) -> bool:
    return isinstance(one.fact, RecordsLinked) and one.fact.rule is not None


def _overlooks(facts: Sequence[RecordedFact], link: RecordedFact, look: Look, looks: Looks) -> bool:
    """Whether that was to be seen at a look: in what was shown, and in what was linked after it."""
    shown = [one for one in facts if one.position <= look.at]
    own = [
        one
        for one in facts
        if look.at < one.position < link.position and _is_by_program(one) and look in looks.before(one)
    ]
    people = components([*shown, *own])
    pair = link.subject, _other(link)
    one, other = (next((who for who in people if end in who), frozenset({end})) for end in pair)
    apart = kept_apart(shown).keys() - {pair}
    return one != other and any((min(both), max(both)) in apart for both in product(one, other))


def _other(link: RecordedFact) -> UUID:
    assert isinstance(link.fact, PairFact)
    return link.fact.other

"""The linking process at work: along the log, citizen by citizen.

What it states follows from what the views show, and its name from what was judged: whatever is done again
after it was killed, by it or by another one beside it, is stored once.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Final, TypeVar
from uuid import UUID

import psycopg
import structlog

from ehr.errors import Gone, KeptApart, NoNumberShared, NotLinked, Outdated, Unavailable, Unknown
from ehr.facts import RecordsUnlinked
from ehr.health_record import HealthRecord, now
from ehr.linking import LINKS, Act, Judgement, pair_of
from ehr.values import Actor
from projections.database import Reader, ViewDatabase
from projections.faults import is_fault
from projections.linking.acts import Together
from projections.linking.doubting import doubts
from projections.linking.post import Post, Waiting
from projections.linking.retrying import Retries
from projections.linking.sight import Behind, Incomplete, Shown, Sight, one_person, shown, sight_of
from projections.matching.candidates import Candidate, Judged
from projections.matching.view import TYPES
from streams.event_log import EventLog
from streams.recorded_fact import Entry, RecordedFact, RecordedResource

FACTS: Final = 256
"""Facts in one read: so much is judged again after a kill."""

LOOK_SECONDS: Final = 2.0
"""Between two looks whether those who wait can be judged."""

TELL_SECONDS: Final = 60.0
"""Between two log lines about the same trouble."""

FIRST_PAUSE, LONGEST_PAUSE = 0.005, 0.25
"""Seconds between two looks whether the views have come so far."""

ACTOR: Final = Actor(client="ehr link")

_NOTHING_TO_DO = (Gone, KeptApart, NoNumberShared, NotLinked, Outdated, Unknown)
"""Refusals by which a judgement is over: somebody has decided otherwise, or one of the two was amended or
deleted meanwhile. What was amended is judged when its fact comes."""

log = structlog.get_logger()
Read = TypeVar("Read")


class Stopped(Exception):
    """It is told to stop."""


class Linker:
    """One linking process at work. In trouble it raises psycopg.Error, Unavailable and what reading the log
    raises; else Overtaken (post.py), and Stopped."""

    def __init__(
        self,
        event_log: EventLog,
        post: Post,
        views: ViewDatabase,
        record: HealthRecord,
        stopped: Callable[[], bool],
    ) -> None:
        """``post`` has been taken; all parts outlive this."""
        self.position = post.begin()
        self._log, self._post, self._views, self._record = event_log, post, views, record
        self._stopped = stopped
        self._stated = 0  # where the last judgement is that was stated here
        self._fresh: set[UUID] = set()  # whom judgements concern that links did not show when last looked at
        self._looks_at = 0.0
        self._retries = Retries(LOOK_SECONDS)
        self._tells_at: dict[str, float] = {}  # kind of error -> when it is told again

    async def step(self) -> int:
        """Judges whomever the next facts concern; gives how many facts it passed."""
        await self._take_up()
        entries = await asyncio.to_thread(self._log.read, self.position, FACTS)
        if not entries:
            return 0
        end, (concerned, waits) = entries[-1].position, await self._concerned(entries)
        for subject in concerned:
            if not await self._judge(subject, end):
                waits.add(subject)
        self._post.advance(self.position, end, waits)
        self.position = end
        return len(entries)

    async def _take_up(self) -> None:
        """Now and then: some of those who waited, and whoever is one person with them: a link or Patient of
        theirs may have gone while nobody could tell whom that concerned."""
        if time.monotonic() < self._looks_at:
            return
        self._looks_at = time.monotonic() + LOOK_SECONDS
        self._post.require(self.position)
        for waiting in self._post.waiting():
            if self._retries.is_due(waiting.subject, time.monotonic()):
                await self._take(waiting)

    async def _take(self, waiting: Waiting) -> None:
        if await self._judge_person(waiting):
            self._post.judged(waiting)
            self._retries.judged(waiting.subject)
        else:
            self._retries.failed(waiting.subject, time.monotonic())

    async def _judge_person(self, waiting: Waiting) -> bool:
        """Whether somebody who waited was judged."""
        try:
            people = await self._people((waiting.subject,), waiting.position)
        except Incomplete:
            return False
        waits = {one for one in people if not await self._judge(one, waiting.position)}
        self._post.wait(waits - {waiting.subject}, waiting.position)
        return waiting.subject not in waits

    async def _concerned(self, entries: Sequence[Entry]) -> tuple[list[UUID], set[UUID]]:
        """Whom to judge, each once: whose Patient is stated, whose person has lost a Patient or a link, and
        whose fact cannot be read here. With those of whom it cannot be told who is one person with them: they
        wait, and it is asked again when they are taken up."""
        concerned = {entry.subject: None for entry in entries if _states(entry)}
        waits = set[UUID]()
        for entry in entries:
            try:
                concerned |= dict.fromkeys(await self._people(_lost(entry), entry.position))
            except Incomplete:
                waits |= _lost(entry)
        return list(concerned), waits

    async def _people(self, some: Collection[UUID], position: int) -> list[UUID]:
        """These and whoever is one person with them: others may be linked or proposed in their place. Raises
        Incomplete."""
        if not some:
            return []

        async def read(connection: Reader, _: Shown) -> frozenset[UUID]:
            return await one_person(connection, some)

        try:
            return sorted(await self._seen(position, None, read))
        except psycopg.errors.QueryCanceled:  # too many are one person: they keep nobody else waiting
            raise Incomplete from None

    async def _judge(self, subject: UUID, position: int) -> bool:
        """What follows for a citizen by what is known after a position; False where that is not all there, or
        more than this code can judge."""
        try:
            sight = await self._sight(subject, position)
            if sight:
                await self._decide(sight)
        except Incomplete:
            return False
        except (Unavailable, Stopped):
            raise
        except Exception as error:
            if not (is_fault(error) or isinstance(error, psycopg.errors.QueryCanceled)):
                raise
            self._tell(error, position)
            return False
        return True

    def _tell(self, error: Exception, position: int) -> None:
        """Of the same trouble with many, or again and again, now and then a line."""
        kind, at = type(error).__name__, time.monotonic()
        if at >= self._tells_at.get(kind, at):
            log.error("citizen cannot be judged", position=position, kind=kind)
            self._tells_at[kind] = at + TELL_SECONDS

    async def _sight(self, subject: UUID, position: int) -> Sight | None:
        async def read(connection: Reader, at: Shown) -> Sight | None:
            sight = await sight_of(connection, subject)
            if at.links >= self._stated:
                self._fresh.clear()
            elif sight and not sight.everyone.isdisjoint(self._fresh):
                raise Behind
            return sight

        return await self._seen(position, subject, read)

    async def _seen(
        self, position: int, subject: UUID | None, read: Callable[[Reader, Shown], Awaitable[Read]]
    ) -> Read:
        """What is read at one moment at which the views show a position; ``read`` may raise Behind."""
        pause = FIRST_PAUSE
        while True:
            self._post.alive()
            try:
                async with self._views.snapshot() as connection:
                    at = await shown(connection, subject)
                    if at.both >= position:
                        return await read(connection, at)
            except Behind:
                pass
            if self._stopped():
                raise Stopped
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    async def _decide(self, sight: Sight) -> None:
        for doubt in doubts(sight):
            await self._state(Act.DOUBT, doubt.one, doubt.other, doubt.reason)
            self._fresh |= sight.people[sight.citizen.subject]
        together = Together(sight)
        for one in sight.others:
            self._post.alive()  # with large people each of them takes a while
            if together.may_link(one) and await self._state(Act.LINK, sight.citizen, one):
                together.join(one.candidate.subject)
                self._fresh |= together.own
        for one in together.proposals():
            self._post.alive()
            await self._state(Act.PROPOSE, sight.citizen, one)
            self._fresh |= {sight.citizen.subject, one.candidate.subject}

    async def _state(self, act: Act, citizen: Candidate, one: Judged, reason: str | None = None) -> bool:
        """States what was judged, on the versions that were looked at; gives whether the two are linked."""
        other, verdict = one
        judgement = Judgement(
            act,
            pair_of(citizen.patient, other.patient),
            ACTOR,
            now(),
            verdict.evidence,
            rule=verdict.version,
            reason=reason,
            patients={citizen.patient: citizen.version, other.patient: other.version},
        )
        try:
            judged = await self._record.judge(judgement)
        except _NOTHING_TO_DO:
            return False
        if judged.stored:
            log.info("judged", act=act.value, position=judged.position)
        self._stated = max(self._stated, judged.position)
        return judged.state in LINKS


def _lost(entry: Entry) -> frozenset[UUID]:
    """Whose person has lost a link or a Patient."""
    if not isinstance(entry, RecordedFact):
        return frozenset()
    if isinstance(entry.fact, RecordsUnlinked):
        return frozenset((entry.fact.subject, entry.fact.other))
    return frozenset((entry.subject,)) if any(map(_is_gone, entry.resources)) else frozenset()


def _states(entry: Entry) -> bool:
    """Whether it states somebody's Patient, or may do so: it cannot be read here."""
    return not isinstance(entry, RecordedFact) or any(
        resource.version.type in TYPES for resource in entry.resources
    )


def _is_gone(resource: RecordedResource) -> bool:
    """Whether a Patient was deleted."""
    return resource.version.type == "Patient" and not resource.version.body

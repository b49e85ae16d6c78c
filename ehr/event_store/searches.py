"""Conditions that are searches, decided without races (docs/decisions/0011-conditions-that-are-searches.md).

A view finds what matches, at the position to which it has come. What was stated since is tested here: once
without the lock, so that a request is decided on what the record has now, and again under the lock on the
little that came in between. Only flushes with such conditions pay for that.
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import NamedTuple

from ehr.appending import Append, Criteria, Found
from ehr.errors import TooCostly, Unseen
from ehr.event_store.connections import AsyncConnection, RecordTrouble, connect_async
from ehr.event_store.news import Bounds, News, TooMuch, Unreadable, read_stated, stated_by
from ehr.micro_batch import MicroBatch
from ehr.searching import LONGEST_SECONDS, Search, Searcher, Shown
from ehr.values import Key

BEHIND = Bounds(facts=20_000, bytes=64 << 20, resources=5_000)
"""So far a view may be behind. Beyond it conditions are refused until it has come closer."""

BETWEEN = Bounds(facts=5_000, bytes=16 << 20, resources=2_000)
"""So much may be stated between the two looks, the second of which holds up everybody who appends. Beyond it
the request is resolved again."""

MOST_TESTS = 100_000
"""Under the lock, in one flush (a fifth of a second). Requests beyond it are resolved again."""

SPARE = 20
"""Ids that the view tells beyond what is asked for: so many may have gone since."""

BUDGET_SECONDS = 5.0
"""Seconds that finding what meets all conditions of one request may take."""

OTHERS_TURN = 20
"""Resources that are tested before it is another request's turn."""

NEVER = Append(asserted_heads=[(Key("", ""), -1)])
"""Stands in a flush for a request that is stale: what it asserts is never so."""


class _Looked(NamedTuple):
    """What is asked for, and what the view shows of it."""

    searches: Mapping[Search, int]
    shown: Mapping[Search, Shown]


class Searches:
    """Finds what matches searches, and makes sure of it."""

    def __init__(self, conninfo: str, searcher: Searcher) -> None:
        """Connects at the first search."""
        self._conninfo = conninfo
        self._searcher = searcher
        self._connection: AsyncConnection | None = None
        self._batch: MicroBatch[_Looked, Found] = MicroBatch(self._find_all, RecordTrouble)

    async def find(self, searches: Mapping[Search, int]) -> Found:
        """See ``ehr.appending.Recorder.find``; raises RecordTrouble instead of Unavailable."""
        return await self._batch.ask(_Looked(searches, await self._look(searches)))

    async def let_stand(self, connection: AsyncConnection, flush: Sequence[Append]) -> list[Append]:
        """The flush with NEVER in the place of each request whose searches match something else by now.

        To be called under the append lock; what earlier requests of the flush state counts as well.
        """
        hits = [one for request in flush for one in request.asserted_hits]
        news = News({one.search for one in hits}, self._searcher)
        after = min(one.position for one in hits)
        try:
            stated, _ = await read_stated(connection, after, news.types, BETWEEN)
        except (TooMuch, Unreadable):
            return [NEVER if request.asserted_hits else request for request in flush]
        news.add(stated)
        return list(self._in_turn(flush, news))

    async def close(self) -> None:
        """Closes the connection."""
        if self._connection:
            await self._connection.close()
        await self._searcher.close()

    @staticmethod
    def _in_turn(flush: Sequence[Append], news: News) -> Iterator[Append]:
        last = max(n for n, request in enumerate(flush) if request.asserted_hits)
        for n, request in enumerate(flush):
            stands = _stands(request, news)
            if stands and n < last:
                _add_own(request, news)
            yield request if stands else NEVER

    async def _look(self, searches: Mapping[Search, int]) -> Mapping[Search, Shown]:
        """What the view shows. Raises TooCostly at the first that is, and where all take BUDGET_SECONDS.

        So many are looked for at once as surely stay within the budget; then it is the turn of others.
        """
        shown: dict[Search, Shown] = {}
        left, waiting = BUDGET_SECONDS, iter(searches.items())
        while some := dict(islice(waiting, max(1, int(left / LONGEST_SECONDS)))):
            if left <= 0:
                raise TooCostly
            found = await asyncio.gather(
                *(self._searcher.matches(search, most + SPARE) for search, most in some.items())
            )
            shown |= zip(some, found, strict=True)
            left -= sum(one.seconds for one in found)
        return shown

    async def _find_all(self, asked: Sequence[_Looked]) -> list[Found]:
        news = News({search for one in asked for search in one.shown}, self._searcher)
        shown = (shown for one in asked for shown in one.shown.values())
        position = await self._add_unseen(news, min(one.position for one in shown))
        return [Found(_now(one, news), position) for one in asked]

    async def _add_unseen(self, news: News, after: int) -> int:
        """What the views do not show yet; gives where the record ends."""
        try:
            stated, position = await read_stated(await self._connected(), after, news.types, BEHIND)
        except TooMuch:
            raise Unseen("The views are too far behind.") from None
        except Unreadable:
            raise Unseen("Something was stated that this server cannot read.") from None
        for n, (key, body) in enumerate(stated.items()):
            news.add({key: body})
            if n % OTHERS_TURN == OTHERS_TURN - 1:  # Far behind the record it takes a second in all.
                await asyncio.sleep(0)
        return position

    async def _connected(self) -> AsyncConnection:
        if self._connection is None or self._connection.closed:
            self._connection = await connect_async(self._conninfo)
        return self._connection


def _now(looked: _Looked, news: News) -> dict[Criteria, tuple[str, ...]]:
    """What matches, with the news."""
    wanted = looked.searches.items()
    return {search: _matching(search, most, looked.shown[search].ids, news) for search, most in wanted}


def _matching(search: Search, most: int, ids: Sequence[str], news: News) -> tuple[str, ...]:
    found = news.applied(search, ids)
    if len(found) < most <= len(ids) - SPARE:
        raise Unseen("Much of what it matched has gone.")
    return tuple(sorted(found))


def _stands(request: Append, news: News) -> bool:
    hits = request.asserted_hits
    return not hits or (news.tests < MOST_TESTS and all(news.leaves(one.search, one.ids) for one in hits))


def _add_own(request: Append, news: News) -> None:
    """What a request of the flush states, if it stands and is asked for."""
    if news.tests < MOST_TESTS and any(write.key.type in news.types for write in request.heads):
        for fact in request.facts:
            news.add(stated_by(fact.state, news.types))

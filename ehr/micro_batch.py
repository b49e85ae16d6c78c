"""Micro-batches: what is asked while a query is under way shares the next query."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from itertools import islice
from typing import Generic, TypeVar

Question = TypeVar("Question")
Reply = TypeVar("Reply")


class MicroBatch(Generic[Question, Reply]):
    """Gathers questions of one event loop; ``ask_all`` answers a batch of them, in order.

    A question that makes ``ask_all`` fail fails alone: a batch that failed is asked again in halves. An error
    among the answers is raised for its question alone.
    """

    def __init__(
        self,
        ask_all: Callable[[Sequence[Question]], Awaitable[Sequence[Reply | Exception]]],
        trouble: type[Exception] | tuple[type[Exception], ...],
        most: int = 256,
    ) -> None:
        """trouble: what no question is guilty of, a lost connection say; all get it. most: in one batch."""
        self._ask_all = ask_all
        self._trouble = trouble
        self._most = most
        self._waiting: dict[asyncio.Future[Reply], Question] = {}
        self._task: asyncio.Task[None] | None = None

    async def ask(self, question: Question) -> Reply:
        """The reply to one question. Raises what ``ask_all`` raises."""
        reply: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._waiting[reply] = question
        if self._task is None:
            self._task = asyncio.create_task(self._work())
        try:
            return await reply
        finally:
            self._waiting.pop(reply, None)  # Whoever has gone meanwhile is not asked for.

    async def _work(self) -> None:
        try:
            while self._waiting:
                await self._answer(self._take())
        finally:
            self._task = None

    def _take(self) -> list[tuple[asyncio.Future[Reply], Question]]:
        batch = list(islice(self._waiting.items(), self._most))
        for reply, _ in batch:
            del self._waiting[reply]
        return batch

    async def _answer(self, batch: list[tuple[asyncio.Future[Reply], Question]]) -> None:
        try:
            replies = await self._ask_all([question for _, question in batch])
        except Exception as error:  # noqa: BLE001 - passed on to whoever asked
            if len(batch) > 1 and not isinstance(error, self._trouble):
                middle = len(batch) // 2
                await self._answer(batch[:middle])
                await self._answer(batch[middle:])
                return
            for reply, _ in batch:
                if not reply.done():
                    reply.set_exception(error)
            return
        for (reply, _), answer in zip(batch, replies, strict=True):
            if reply.done():
                continue
            if isinstance(answer, Exception):
                reply.set_exception(answer)
            else:
                reply.set_result(answer)

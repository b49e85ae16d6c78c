"""Questions that wait for the next query are asked only as long as somebody waits for the reply."""

import asyncio
from collections.abc import Sequence

from ehr.micro_batch import MicroBatch


def test_whoever_has_gone_is_not_asked_for() -> None:
    asked: list[list[str]] = []

    async def run() -> list[str]:
        answered = asyncio.Event()

        async def ask_all(questions: Sequence[str]) -> list[str]:
            asked.append(list(questions))
            await answered.wait()
            return [question.upper() for question in questions]

        batch = MicroBatch(ask_all, OSError)
        tasks = {name: asyncio.create_task(batch.ask(name)) for name in "ab"}
        while not asked:
            await asyncio.sleep(0)
        tasks |= {name: asyncio.create_task(batch.ask(name)) for name in "cde"}
        await asyncio.sleep(0)
        for name in "bd":  # one that is asked for already, and one that is not
            tasks[name].cancel()
        await asyncio.wait([tasks["b"], tasks["d"]])
        answered.set()
        return [await tasks[name] for name in "ace"]

    assert asyncio.run(run()) == ["A", "C", "E"]
    assert asked == [["a", "b"], ["c", "e"]]

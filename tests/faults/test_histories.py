"""Random histories of who is one person; and what would be found if a killed process skipped somebody, or if
one did not heed what people have said of others.

10,000 histories: `make faults N=200 ONLY=histories`.
"""

import asyncio
from uuid import UUID

from projections.linking.linker import Linker
from projections.linking.sight import Sight
from tests.faults.histories import live
from tests.stating import migrated


def test_who_is_one_person_follows_from_the_decisions_and_nobody_is_passed_over(database: str) -> None:
    lived = live(migrated(database), 25, seed=1)
    assert lived.wrong == []
    assert lived.done["linkers killed"] > 0
    assert lived.done["judge"] > 20
    assert lived.facts > 100


class Hasty(Linker):
    """The planted bug: it notes where it is before it has judged whom the facts concern."""

    async def step(self) -> int:
        entries = await asyncio.to_thread(self._log.read, self.position, 64)
        if entries:
            self._post.advance(self.position, entries[-1].position, ())
            self.position = entries[-1].position
        concerned, _ = await self._concerned(entries)
        for subject in concerned:
            await self._judge(subject, self.position)
        return len(entries)


def test_whoever_is_passed_over_by_a_process_that_is_killed_is_found(database: str) -> None:
    lived = live(migrated(database), 40, seed=1, linker=Hasty)
    assert any("passed over" in wrong for wrong in lived.wrong)


class Heedless(Linker):
    """The planted bug: it goes by the two alone, whatever was decided about others of their people."""

    async def _sight(self, subject: UUID, position: int) -> Sight | None:
        sight = await super()._sight(subject, position)
        return sight and sight._replace(pairs={})


def test_a_link_over_what_somebody_has_said_of_others_is_found(database: str) -> None:
    lived = live(migrated(database), 40, seed=1, linker=Heedless)
    assert any("kept apart" in wrong for wrong in lived.wrong)

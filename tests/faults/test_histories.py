"""Random histories of who is one person; and what would be found if a killed process skipped somebody, or if
one did not heed what people have said of others, or what becomes of a link later.

10,000 histories: `make faults N=200 ONLY=histories`.
"""

import asyncio
from uuid import UUID

import pytest

from projections.linking import linker as linker_module
from projections.linking.linker import Linker
from projections.linking.post import judge_anew
from projections.linking.sight import Sight
from tests.faults.histories import live
from tests.faults.mixing import mixed_people
from tests.linking import insured, link_all, prepared, register, stated
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
    lived = live(migrated(database), 100, seed=1, linker=Hasty)
    assert any("passed over" in wrong for wrong in lived.wrong)


class Heedless(Linker):
    """The planted bug: it goes by the two alone, whatever was decided about others of their people."""

    async def _sight(self, subject: UUID, position: int) -> Sight | None:
        sight = await super()._sight(subject, position)
        return sight and sight._replace(pairs={})


def test_a_link_over_what_somebody_has_said_of_others_is_found(database: str) -> None:
    lived = live(migrated(database), 40, seed=1, linker=Heedless)
    assert any("kept apart" in wrong for wrong in lived.wrong)


def test_two_whom_programs_make_one_person_by_an_amendment_are_found(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The ends of two links by an insurance number come to bear other personal numbers."""
    url = prepared(migrated(database))
    for id_ in "abc":
        register(url, insured(id_))
        link_all(url)
    links = [set(pair.split("-")) for _, pair in stated(url)]
    (one,), (other,) = links[0] - links[1], links[1] - links[0]
    register(url, insured(one, "045190000017"), insured(other, "045190000028"))
    with monkeypatch.context() as forgetful:
        forgetful.setattr(linker_module, "doubts", lambda _: [])
        link_all(url)
    assert list(mixed_people(url)) == ["programs have made one person of two"]
    judge_anew(url)
    link_all(url)
    assert list(mixed_people(url)) == []

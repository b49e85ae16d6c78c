"""What becomes of Patients that are registered, amended and judged: links, proposals, doubts, or nothing."""

import asyncio
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from itertools import count
from typing import Any
from uuid import UUID

import pytest

from ehr.event_store.connections import connect
from ehr.facts import PairFact, RecordsLinked
from ehr.linking import Act
from ehr.values import subject_of
from projections.linking import linker as linker_module
from projections.linking import post as post_module
from projections.linking.linker import Linker
from projections.linking.post import Overtaken, Post, judge_anew
from projections.matching.view import Matching
from projections.parking import retry
from streams.notification_log import NotificationLog
from tests.backbone.waiting import until
from tests.linking import (
    Killed,
    Mortal,
    copy,
    end_of,
    link_all,
    linking,
    on_linker,
    prepared,
    register,
    settle,
    shown,
    stated,
    to_the_end,
)
from tests.pairing import CAPTURED, judge_all, judgement, recorded
from tests.stating import migrated, value


@pytest.fixture
def url(database: str) -> str:
    return prepared(migrated(database))


def test_copies_are_linked_proposed_or_left_alone_by_the_rules(url: str) -> None:
    register(
        url,
        copy("a"),
        copy("bare", "HO THI MAU"),
        copy("typed", captured="typed"),
        copy("child", "Hồ Văn Con", birthDate="2020-02-03", gender="male"),
        copy("stranger", "Nguyễn Văn Khác", "045055000019", birthDate="1955-01-09", gender="male"),
        copy("namesake", cccd=""),
    )
    link_all(url)
    found = stated(url)
    assert found[0] == ("l", "a-bare")
    assert ("p", "a-typed") in found
    assert ("p", "a-child") in found
    assert [what for what, _ in found].count("l") == 1
    assert not any("stranger" in pair for _, pair in found)


def test_whoever_is_one_person_already_is_linked_once(url: str) -> None:
    register(url, *(copy(f"p{n}") for n in range(5)))
    link_all(url)
    assert [what for what, _ in stated(url)] == ["l"] * 4


def test_what_is_stated_says_why_and_by_what_rules_and_never_what_stands_there(url: str) -> None:
    register(url, copy("a"), copy("b"))
    link_all(url)
    (link,) = [one.fact for one in recorded(url) if isinstance(one.fact, PairFact)]
    assert isinstance(link, RecordsLinked)
    assert (link.actor, link.user, link.reason) == ("ehr link", None, None)
    assert link.rule
    levels = {one.field: one.level for one in link.evidence}
    assert (levels["personal_number"], levels["name"]) == ("captured", "exact")
    assert not any("045190000017" in str(one) or "Mẫu" in str(one) for one in link.evidence)


def test_nothing_is_stated_twice_however_often_it_is_judged(url: str) -> None:
    register(url, copy("a"), copy("b"), copy("c", captured="typed"))
    link_all(url)
    before = stated(url)
    with connect(url) as connection:
        connection.execute("update views.linking set position = 0")
    link_all(url)
    assert stated(url) == before


def _counted(numbers: Iterator[int], dies_at: int) -> bool:
    """Whether this is the nth judgement."""
    return next(numbers) == dies_at


@pytest.mark.parametrize("stores", [False, True])
def test_killed_anywhere_it_skips_nothing_and_states_nothing_twice(
    url: str, stores: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(linker_module, "FACTS", 2)
    register(url, copy("a"), copy("b"), copy("c", captured="typed"), copy("d"), copy("e", captured="typed"))
    deaths = 0
    with shown(url):
        for dies_at in (1, 1, 2, 1, 3, 2, 1, 1000):
            try:
                on_linker(
                    url, to_the_end, partial(Mortal, partial(_counted, count(1), dies_at), lambda: stores)
                )
            except Killed:
                deaths += 1
    found = stated(url)
    assert deaths >= (3 if stores else 7)
    assert len(found) == len(set(found))
    assert {pair for what, pair in found if what == "l"} in ({"a-b", "a-d"}, {"a-b", "b-d"}, {"a-d", "b-d"})
    assert {"c", "e"} <= {id_ for what, pair in found if what == "p" for id_ in pair.split("-")}
    assert value(url, "select position from views.linking") == end_of(url)


def test_of_several_processes_one_works_and_nothing_is_stated_twice(url: str) -> None:
    with shown(url), linking(url, processes=3):
        register(url, *(copy(f"p{n}") for n in range(6)))
        settle(url)
    assert [what for what, _ in stated(url)] == ["l"] * 5


def test_of_two_that_believe_to_be_the_one_only_one_goes_on(url: str) -> None:
    register(url, copy("a"), copy("b"), copy("c", captured="typed"))

    async def race(one: Linker) -> list[Any]:
        async def other() -> Any:
            return await asyncio.to_thread(on_linker, url, to_the_end)

        return list(await asyncio.gather(to_the_end(one), other(), return_exceptions=True))

    with shown(url):
        outcomes = on_linker(url, race)
    assert all(outcome is None or isinstance(outcome, Overtaken) for outcome in outcomes)
    found = stated(url)
    assert len(found) == len(set(found))
    assert ("l", "a-b") in found


def test_an_amended_patient_is_judged_anew(url: str) -> None:
    register(url, copy("a"), copy("b", cccd="", name="Hồ Thị Khác", birthDate="1971-09-08"))
    link_all(url)
    assert stated(url) == []
    register(url, copy("b"))
    link_all(url)
    assert stated(url) == [("l", "a-b")]


def test_a_link_whose_number_was_corrected_is_doubted_and_stands(url: str) -> None:
    register(url, copy("a"), copy("b"), copy("c"))
    link_all(url)
    register(url, copy("b", cccd="045190000028"))
    link_all(url)
    linked = [pair for what, pair in stated(url) if what == "l"]
    assert {pair for what, pair in stated(url) if what == "d"} == {pair for pair in linked if "b" in pair}
    assert value(url, "select count(*) from links.pair where state = 'doubted'") >= 1
    assert value(url, "select count(distinct person) from links.member where to_position is null") == 1


def test_a_link_that_somebody_has_made_is_not_doubted(url: str) -> None:
    register(url, copy("a"), copy("b", cccd="045190000028", name="Hồ Khác", birthDate="1971-09-08"))
    judge_all(url, judgement(Act.LINK, "a", "b"))
    register(url, copy("b", cccd="", name="Hồ Khác", birthDate="1971-09-08"))
    link_all(url)
    assert stated(url) == [("l", "a-b")]


def test_people_of_whom_two_were_judged_different_are_proposed_and_not_linked(url: str) -> None:
    register(url, copy("a"), copy("c"))
    judge_all(url, judgement(Act.JUDGE_DIFFERENT, "a", "c", *CAPTURED))
    link_all(url)
    assert len(stated(url)) == 1
    register(url, copy("b"))
    link_all(url)
    assert sorted(stated(url)[1:]) == [("p", "a-b"), ("p", "b-c")]
    assert value(url, "select count(*) from links.member where to_position is null") == 0


def test_two_who_were_judged_different_are_not_proposed_again_on_what_was_known(url: str) -> None:
    register(url, copy("a"), copy("b", captured="typed"))
    link_all(url)
    judge_all(url, judgement(Act.JUDGE_DIFFERENT, "a", "b"))
    register(url, copy("b", captured="typed", name="Hồ Mẫu"))
    link_all(url)
    assert [what for what, _ in stated(url)] == ["p", "RecordsJudgedDifferent"]


def test_whom_an_unlinking_parts_they_are_judged_again(url: str) -> None:
    """a, b, c share a number and hang together over one of them; it is taken out by hand."""
    register(url, copy("a"), copy("b"), copy("c"))
    link_all(url)
    links = [pair.split("-") for what, pair in stated(url) if what == "l"]
    (middle,) = set(links[0]) & set(links[1])
    one, other = sorted({"a", "b", "c"} - {middle})
    judge_all(url, *(judgement(Act.UNLINK, middle, id_) for id_ in (one, other)))
    link_all(url)
    assert stated(url)[-1] == ("l", f"{one}-{other}")


def test_who_is_parked_in_a_view_is_judged_once_that_shows_all(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(linker_module, "LOOK_SECONDS", 0.05)
    register(url, copy("a"), copy("b"))
    subject = subject_of("Patient/b")
    with connect(url) as connection:
        connection.execute("insert into views.parked values ('matching', 1, %s, 2, 'planted')", [subject])
    with shown(url), linking(url):
        settle(url)
        assert stated(url) == []
        assert value(url, "select count(*) from views.linking_waits") == 1
    _release(url)
    with shown(url), linking(url):
        until(lambda: stated(url) == [("l", "a-b")], "linked")
        until(lambda: value(url, "select count(*) from views.linking_waits") == 0, "nobody waits")


def _release(url: str) -> None:
    log = NotificationLog(url)
    released, still = retry(Matching(), log, url)
    log.close()
    assert (len(released), still) == (1, [])


@pytest.mark.parametrize(
    ("left_out", "waits"),
    [
        ("parked values ('links', 1, gen_random_uuid(), 1, 'planted')", True),
        ("quarantined values ('links', 1, 1, gen_random_uuid(), 'planted')", False),
        ("quarantined values ('links', 1, {position}, '{subject}', 'planted')", True),
        ("quarantined values ('links', 1, 999999, gen_random_uuid(), 'planted')", True),
    ],
    ids=["somebody parked", "a registration", "a decision about one of them", "nobody knows what"],
)
def test_somebody_waits_while_links_leave_out_what_may_concern_them(
    url: str, monkeypatch: pytest.MonkeyPatch, left_out: str, waits: bool
) -> None:
    monkeypatch.setattr(linker_module, "LOOK_SECONDS", 0.05)
    register(url, copy("a"), copy("x", "Hồ Khác", cccd="", birthDate="1971-09-08"))
    judge_all(url, judgement(Act.PROPOSE, "a", "x"))
    (decided,) = [one for one in recorded(url) if isinstance(one.fact, PairFact)]
    register(url, copy("b"))
    with connect(url) as connection:
        planted = left_out.format(position=decided.position, subject=decided.subject)
        connection.execute(f"insert into views.{planted}".encode())
        with shown(url), linking(url):
            settle(url)
            assert (("l", "a-b") in stated(url)) is not waits
            connection.execute("delete from views.parked")
            connection.execute("delete from views.quarantined")
            until(lambda: ("l", "a-b") in stated(url), "linked")
            until(lambda: value(url, "select count(*) from views.linking_waits") == 0, "nobody waits")


def test_whom_an_unlinking_parts_they_are_judged_once_links_are_whole(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also the one of the three whom it does not name."""
    monkeypatch.setattr(linker_module, "LOOK_SECONDS", 0.05)
    register(url, copy("a"), copy("b"), copy("c"))
    link_all(url)
    links = [pair.split("-") for what, pair in stated(url) if what == "l"]
    (middle,) = set(links[0]) & set(links[1])
    judged: list[UUID] = []

    async def judge(linker: Linker, subject: UUID, position: int, original: Any = Linker._judge) -> Any:
        judged.append(subject)
        return await original(linker, subject, position)

    monkeypatch.setattr(Linker, "_judge", judge)
    with connect(url) as connection:
        connection.execute("insert into views.parked values ('links', 1, gen_random_uuid(), 1, 'planted')")
        judge_all(url, judgement(Act.UNLINK, links[0][0], links[0][1]))
        with shown(url), linking(url):
            settle(url)
            assert value(url, "select count(*) from views.linking_waits") == 2
            assert judged == []
            connection.execute("delete from views.parked")
            until(lambda: value(url, "select count(*) from views.linking_waits") == 0, "nobody waits")
    assert middle in links[0]
    assert set(judged) == {subject_of(f"Patient/{id_}") for id_ in "abc"}


def test_who_cannot_be_judged_keeps_nobody_from_it(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(post_module, "MOST_WAITING", 2)
    with closing(Post(url)) as post:
        post.begin()
        post.wait([UUID(int=n) for n in range(1, 6)], 1)
        turns = [[one.subject.int for one in post.waiting()] for _ in range(6)]
    assert turns == [[1, 2], [3, 4], [5], [1, 2], [3, 4], [5]]


def test_it_waits_for_views_of_its_own_code(url: str) -> None:
    register(url, copy("a"), copy("b"))
    with shown(url):
        until(lambda: value(url, "select min(position) from views.generations") == 2, "shown")
    with connect(url) as connection:
        connection.execute("update views.generations set code_version = 99 where view = 'matching'")
        with linking(url):
            until(lambda: value(url, "select position from views.linking") == 0, "begun")
            connection.execute(
                "update views.generations set code_version = %s where view = 'matching'",
                [Matching.code_version],
            )
            until(lambda: stated(url) == [("l", "a-b")], "linked")


def test_everybody_is_judged_anew_when_the_rules_have_changed(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the process at work, which has nothing else to do."""
    monkeypatch.setattr(linker_module, "LOOK_SECONDS", 0.05)
    with monkeypatch.context() as blind, shown(url), linking(url):
        blind.setattr(linker_module, "TYPES", frozenset())
        register(url, copy("a"), copy("b"))
        settle(url)
        assert stated(url) == []
    with shown(url), linking(url):
        settle(url)
        assert stated(url) == []
        judge_anew(url)
        until(lambda: stated(url) == [("l", "a-b")], "linked")

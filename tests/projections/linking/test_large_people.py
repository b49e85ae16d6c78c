"""What becomes of people whom the linking process cannot judge, or not in time: nobody else waits."""

from collections.abc import Callable
from itertools import pairwise
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import psycopg
import pytest
from structlog.testing import capture_logs

from ehr.requests import Change
from ehr.values import subject_of
from projections.linking import linker as linker_module
from projections.linking.acts import Together
from projections.linking.linker import Linker
from projections.linking.post import Post
from projections.linking.retrying import LONGEST_SECONDS, Retries
from projections.linking.sight import Sight, sight_of
from tests.backbone.waiting import until
from tests.linking import (
    copy,
    end_of,
    insured,
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
from tests.stating import migrated, request, state_all, value

TOO_LONG = subject_of("Patient/b")
WAITING = "select count(*) from views.linking_waits"


@pytest.fixture
def url(database: str) -> str:
    return prepared(migrated(database))


def fails_with(error: Exception) -> Callable[..., Any]:
    async def sight(connection: Any, subject: UUID) -> Sight | None:
        if subject == TOO_LONG:
            raise error
        return await sight_of(connection, subject)

    return sight


@pytest.mark.parametrize("error", [psycopg.errors.QueryCanceled(), ValueError()], ids=repr)
def test_who_takes_too_long_waits_and_stops_nobody(
    url: str, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    register(url, *(copy(id_) for id_ in "abc"))
    with monkeypatch.context() as slow, shown(url), linking(url):
        slow.setattr(linker_module, "sight_of", fails_with(error))
        settle(url)
        assert ("l", "a-c") in stated(url)
        assert value(url, WAITING) == 1
    with shown(url), linking(url):
        settle(url)
        until(lambda: value(url, WAITING) == 0, "nobody waits")
    assert len(stated(url)) == 2


def test_a_person_that_cannot_be_read_waits(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def cancelled(*_: Any) -> frozenset[UUID]:
        raise psycopg.errors.QueryCanceled

    register(url, copy("a"), copy("b"))
    link_all(url)
    state_all(url, request(Change(None, "delete", "Patient", "a")))
    register(url, copy("c"))
    with monkeypatch.context() as slow, shown(url):
        slow.setattr(linker_module, "one_person", cancelled)
        on_linker(url, to_the_end)
    assert value(url, "select position from views.linking") == end_of(url)
    assert value(url, WAITING) == 1
    assert stated(url)[1:] == [("l", "b-c")]


def test_a_sign_of_life_is_given_between_any_two_that_are_judged(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    may_link = Together.may_link

    def judges(together: Together, one: Any) -> bool:
        said.append("judges")
        return may_link(together, one)

    monkeypatch.setattr(Together, "may_link", judges)
    monkeypatch.setattr(Post, "alive", lambda _: said.append("alive"))
    register(url, *(copy(f"p{n}") for n in range(4)))
    with shown(url):
        on_linker(url, to_the_end)
    assert said.count("judges") == 3 * 4
    assert all(before != "judges" for before, one in pairwise(said) if one == "judges")


def test_whoever_fails_is_tried_later_each_time() -> None:
    who, now, tries = UUID(int=1), 0.0, list[float]()
    retries = Retries(2.0)
    while now < 2000:
        if retries.is_due(who, now):
            tries.append(now)
            retries.failed(who, now)
        now += 2.0
    pauses = [later - earlier for earlier, later in pairwise(tries)]
    assert pauses[:4] == [2.0, 4.0, 8.0, 16.0]
    assert max(pauses) == LONGEST_SECONDS
    assert retries.is_due(UUID(int=2), 0.0)
    retries.judged(who)
    assert retries.is_due(who, now)


def test_trouble_with_somebody_is_told_now_and_then(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """For two minutes, by a clock of the test's own."""
    seconds = 0.0
    monkeypatch.setattr(linker_module, "time", SimpleNamespace(monotonic=lambda: seconds))
    monkeypatch.setattr(linker_module, "sight_of", fails_with(ValueError()))
    register(url, copy("a"), copy("b"))

    async def for_a_while(linker: Linker) -> None:
        nonlocal seconds
        while seconds < 120:
            await linker.step()
            seconds += 2.0

    with shown(url), capture_logs() as logs:
        on_linker(url, for_a_while)
    told = [line for line in logs if line["event"] == "citizen cannot be judged"]
    assert len(told) == 2
    assert {line["kind"] for line in told} == {"ValueError"}


@pytest.mark.parametrize("order", ["acd", "cda", "dac"])
def test_two_who_become_two_by_what_is_amended_are_asked_about(url: str, order: str) -> None:
    """All three share an insurance number, c says no more; a and d come to bear other personal numbers."""
    for id_ in order:
        register(url, insured(id_))
        link_all(url)
    assert [what for what, _ in stated(url)] == ["l", "l"]
    register(url, insured("d", "045190000028"))
    link_all(url)
    assert [what for what, _ in stated(url)] == ["l", "l"]
    register(url, insured("a", "045190000017"))
    link_all(url)
    doubted = [set(pair.split("-")) for what, pair in stated(url) if what == "d"]
    assert doubted
    assert all("a" in pair for pair in doubted)

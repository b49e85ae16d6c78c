"""The citizens of the look-up's benchmark are the same each time, projected as all are, and found."""

from collections import Counter

import pytest

from benchmarks.lookup.__main__ import MATCHED
from benchmarks.lookup.filling import fill, tidy
from benchmarks.lookup.matching import judge_all, registered_again
from benchmarks.lookup.measuring import Figure
from benchmarks.lookup.people import citizens, places
from benchmarks.lookup.searches import SEARCHES, asked
from ehr.event_store.connections import connect, connect_async
from ehr.event_store.migrations import migrate
from projections.citizens.queries import Here, Lookup, look_up
from projections.citizens.view import Citizens
from projections.facilities.view import Facilities
from projections.generations import ensure_generation
from simulation.chance import chance_of
from tests.projections.citizens.stating import run

PEOPLE = list(citizens(1, 400))


@pytest.fixture(scope="module")
def filled(module_database: str) -> str:
    with connect(module_database) as connection:
        migrate(connection, "record")
        for view in (Citizens(), Facilities(), *MATCHED):
            ensure_generation(connection, view)
    assert fill(module_database, (Citizens(),), PEOPLE, MATCHED) == len(PEOPLE)
    tidy(module_database)
    return module_database


def found(database: str, text: str, here: Here) -> Lookup:
    async def ask() -> Lookup:
        async with await connect_async(database) as connection:
            return await look_up(connection, text, here)

    return run(ask())


def test_the_same_seed_draws_the_same_people() -> None:
    assert list(citizens(1, 1_200))[:400] == PEOPLE
    assert [one.name for one in citizens(2, 10)] != [one.name for one in PEOPLE[:10]]


def test_numbers_are_of_one_person_and_names_of_several() -> None:
    people = list(citizens(1, 5_000))
    assert len({one.number for one in people}) == len({one.telephone for one in people}) == len(people)
    names = Counter(one.name for one in people)
    assert len(names) > 2_000
    assert names.most_common(1)[0][1] > 10


def test_rows_are_those_of_the_view(filled: str) -> None:
    with connect(filled) as connection:
        counted = connection.execute(
            "select (select count(*) from citizens.person), (select count(*) from citizens.visit),"
            " (select count(*) from citizens.name_word where word = 'nguyen'),"
            " (select count(*) from facilities.organization)"
        ).fetchone()
    assert counted
    assert counted[:2] == (len(PEOPLE), sum(len(one.facilities) for one in PEOPLE))
    assert counted[2] > 50
    assert counted[3] > len(places())


@pytest.mark.parametrize("name", SEARCHES)
def test_each_kind_of_look_up_finds_whom_it_is_about(filled: str, name: str) -> None:
    shown = 0
    for look in asked(1, name, SEARCHES[name], PEOPLE, 5):
        lookup = found(filled, look.text, Here([look.facility]))
        shown += look.id in {one.id for one in (*lookup.exact, *lookup.begun, *lookup.similar)}
    assert shown >= (1 if SEARCHES[name].target == 0 else 4)


def test_whoever_is_registered_again_is_compared_with_the_first(filled: str) -> None:
    again = [registered_again(chance_of(1, place), PEOPLE) for place in range(10)]
    took, compared = run(judge_all(filled, [body for body, _ in again]))
    assert len(took) == len(again)
    assert all(id_ in ids for (_, id_), ids in zip(again, compared, strict=True))


def test_a_figure_is_kept_by_its_target() -> None:
    figure = Figure("x", p50=9.0, p99=29.0, target=10, people=1, there=1.0, cut=0.0, cpu=1.0)
    assert figure.kept
    assert not figure._replace(p50=11.0).kept
    assert not figure._replace(p99=31.0).kept
    assert figure._replace(p50=99.0, target=0).kept

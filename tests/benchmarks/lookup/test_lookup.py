"""The citizens of the look-up's benchmark are the same each time, projected as all are, and found."""

from collections import Counter

import orjson
import pytest

from benchmarks import load
from benchmarks.lookup.__main__ import MATCHED, drawn_of
from benchmarks.lookup.filling import fill, tidy
from benchmarks.lookup.matching import damaged, judge_all, registered_again
from benchmarks.lookup.measuring import Figure
from benchmarks.lookup.people import BLOCK, citizens, places
from benchmarks.lookup.registering import Cost
from benchmarks.lookup.resources import patient_of
from benchmarks.lookup.searches import SEARCHES, asked
from ehr.event_store.connections import connect, connect_async
from ehr.event_store.migrations import migrate
from projections.citizens.queries import Here, Lookup, look_up
from projections.citizens.view import Citizens
from projections.facilities.view import Facilities
from projections.generations import ensure_generation
from projections.links.view import Links
from simulation.chance import chance_of
from tests.projections.citizens.stating import run

NUMBER = BLOCK + 200
PEOPLE = list(citizens(1, NUMBER))
"""In two shares, which are projected at once."""


@pytest.fixture(scope="module")
def filled(module_database: str) -> str:
    with connect(module_database) as connection:
        migrate(connection, "record")
        for view in (Citizens(), Facilities(), Links(), *MATCHED):
            ensure_generation(connection, view)
    fill(module_database, 1, NUMBER, (Citizens(),), MATCHED, share=BLOCK)
    tidy(module_database)
    return module_database


def found(database: str, text: str, here: Here) -> Lookup:
    async def ask() -> Lookup:
        async with await connect_async(database) as connection:
            return await look_up(connection, text, here)

    return run(ask())


def number_of(database: str, table: str) -> int:
    with connect(database) as connection:
        row = connection.execute(f"select count(*) from {table}").fetchone()  # noqa: S608
    assert row
    return int(row[0])


def test_the_same_seed_draws_the_same_people() -> None:
    assert list(citizens(1, 2 * BLOCK))[:NUMBER] == PEOPLE
    assert list(citizens(1, NUMBER, BLOCK)) == PEOPLE[BLOCK:]
    assert [one.name for one in citizens(2, 10)] != [one.name for one in PEOPLE[:10]]


def test_numbers_are_of_one_person_and_names_of_several() -> None:
    people = list(citizens(1, 5_000))
    assert len({one.number for one in people}) == len({one.telephone for one in people}) == len(people)
    names = Counter(one.name for one in people)
    assert len(names) > 2_000
    assert names.most_common(1)[0][1] > 10


def test_who_is_looked_for_is_drawn_of_all() -> None:
    drawn = drawn_of(1, 20_000)
    assert len(drawn) == len({one.id for one in drawn}) == 5_000
    assert drawn[-1].index >= 19_000
    assert drawn_of(1, NUMBER) == PEOPLE


def test_rows_are_those_of_the_view(filled: str) -> None:
    everywhere = "name_count where commune = '' and word = '' and people ="
    assert number_of(filled, "citizens.person") == len(PEOPLE)
    assert number_of(filled, "citizens.visit") == sum(len(one.facilities) for one in PEOPLE)
    assert number_of(filled, "facilities.organization") > len(places())
    assert number_of(filled, f"matching.{everywhere} {len(PEOPLE)}") == 1
    assert number_of(filled, "fhir_resources.current") == len(PEOPLE)


def test_words_are_counted_once_whoever_projects_them_at_the_same_time(filled: str) -> None:
    counted = "(select word, count(*) as names from citizens.name_word group by word)"
    assert number_of(filled, "citizens.name_word where word = 'nguyen'") > 50
    wrong = f"citizens.known_word k full join {counted} w using (word) where k.names is distinct from w.names"
    assert number_of(filled, wrong) == 0


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


def test_another_facility_writes_less_and_changes_nothing_of_the_first() -> None:
    first = patient_of(PEOPLE[0])
    kept = orjson.dumps(first)
    others = [damaged(chance_of(1, place), first) for place in range(20)]
    assert orjson.dumps(first) == kept
    assert any("identifier" not in one for one in others)
    assert any(one["name"] != first["name"] for one in others)


def test_a_figure_is_kept_by_its_target() -> None:
    figure = Figure("x", p50=9.0, p99=29.0, target=10, people=1, there=1.0, cut=0.0, cpu=1.0)
    assert figure.kept
    assert not figure._replace(p50=11.0).kept
    assert not figure._replace(p99=31.0).kept
    assert figure._replace(p50=99.0, target=0).kept


def test_what_matching_adds_is_the_difference_of_the_medians() -> None:
    matched = load.Outcome(latencies=[0.010, 0.012, 0.200])
    cost = Cost(1, matched, load.Outcome(latencies=[0.004, 0.005, 0.006]), after=40.0, cpu=3.0, told=0.9)
    assert cost.more == pytest.approx(7.0)

"""What was judged about pairs leaves no trace in views of something else."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from backbone.wiring import VIEWS
from ehr.event_store.connections import connect
from ehr.event_store.migrations import migrate
from ehr.facts import PairFact
from ehr.linking import Act
from projections.generations import MIGRATIONS
from projections.links.view import Links
from tests.pairing import CAPTURED, judge_all, judgement, recorded, register
from tests.projections.citizens.stating import project, rows
from tests.stating import migrated, observation, request, state_all, update


@pytest.fixture
def views(database: str) -> Iterator[psycopg.Connection[Any]]:
    with connect(database) as connection:
        migrate(connection, "views", MIGRATIONS)
        yield connection


@pytest.mark.parametrize("name", [name for name in VIEWS if name != Links.name])
def test_a_view_of_something_else_is_the_same(
    name: str, database: str, views: psycopg.Connection[Any]
) -> None:
    register(migrated(database), "p1", "p2")
    for act in (Act.LINK, Act.UNLINK, Act.PROPOSE):
        judge_all(database, judgement(act, "p1", "p2", *CAPTURED))
        state_all(database, request(update({**observation("p1", len(act)), "id": "o"})))
    facts = recorded(database)
    others = [one for one in facts if not isinstance(one.fact, PairFact)]
    assert len(facts) - len(others) == 3
    view = VIEWS[name]()
    project(views, view, [facts])
    found = rows(views, view)
    project(views, view, [others])
    assert found == rows(views, view)
    project(views, view, [[one] for one in facts])
    assert found == rows(views, view)

"""A small campaign of killed and frozen projectors, and that it finds what is planted."""

from collections.abc import Iterator

import pytest

from tests.faults.zombies import Field, field_of, trial


@pytest.fixture(scope="module")
def place(kafka_servers: str) -> Iterator[Field]:
    with field_of(kafka_servers, 40) as place:
        yield place


def test_views_are_what_a_fresh_replay_makes(place: Field) -> None:
    assert trial(place, 1) == []
    assert place.kills > 0


def test_projectors_that_advance_whatever_the_position_was_are_found(place: Field) -> None:
    assert any(trial(place, seed, ("faulty", "faulty", "faulty")) for seed in range(5))

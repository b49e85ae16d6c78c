"""The same arguments give the same bytes, on any day; other arguments give other people."""

from datetime import date
from hashlib import sha256

import pytest

from simulation.chance import Weighted, chance_of
from simulation.province import Province, Sending, TooManyCitizens
from tests.simulation.conftest import CITIZENS, SEED

SMALL = 12
DIGEST_OF_SMALL = "4164d06eb89e99aed58242cf902f6f0e3d551f713453fe1358dcc6fe7860c530"
"""Changes with every change of what is generated: note such changes in the changelog, then write it anew."""


def digest(province: Province) -> str:
    total = sha256()
    for sending in province:
        total.update(sending.idempotency_key.encode() + sending.body)
    return total.hexdigest()


def test_a_small_province_is_the_same_for_ever() -> None:
    assert digest(Province(1, SMALL)) == DIGEST_OF_SMALL


def test_drawn_twice_it_is_the_same(sendings: tuple[Sending, ...]) -> None:
    again = tuple(Province(SEED, CITIZENS))
    assert [sending.body for sending in again] == [sending.body for sending in sendings]
    assert [sending.idempotency_key for sending in again] == [sending.idempotency_key for sending in sendings]


def test_its_length_is_known_before(province: Province, sendings: tuple[Sending, ...]) -> None:
    assert len(province) == len(sendings)


def test_keys_are_unique(sendings: tuple[Sending, ...]) -> None:
    assert len({sending.idempotency_key for sending in sendings}) == len(sendings)


@pytest.mark.parametrize(
    "other",
    [
        Province(2, SMALL),
        Province(1, SMALL + 1),
        Province(1, SMALL, months=12),
        Province(1, SMALL, until=date(2026, 6, 1)),
        Province(1, SMALL, code="15"),
    ],
    ids=["seed", "citizens", "months", "until", "code"],
)
def test_other_arguments_are_other_people(other: Province) -> None:
    usual = {citizen.key for citizen in Province(1, SMALL).citizens}
    assert usual.isdisjoint(citizen.key for citizen in other.citizens)


def test_the_way_of_registering_leaves_people_and_visits_as_they_are(
    sendings: tuple[Sending, ...], sendings_apart: tuple[Sending, ...]
) -> None:
    def told(all_of_it: tuple[Sending, ...]) -> list[object]:
        return [(s.facility, s.device, s.user, s.citizen, s.happened_at, s.sent_at) for s in all_of_it]

    assert told(sendings) == told(sendings_apart)
    shared_keys = {sending.idempotency_key for sending in sendings if sending.citizen}
    assert shared_keys.isdisjoint(sending.idempotency_key for sending in sendings_apart)


def test_facilities_are_the_same_whoever_lives_there() -> None:
    def facilities(province: Province) -> dict[str, str]:
        return {facility.code: facility.name for facility in province.network.facilities}

    few, many = facilities(Province(1, SMALL)), facilities(Province(2, 1_600))
    assert len(few) < len(many)
    assert few.items() <= many.items()


def test_more_people_than_numbers_are_refused() -> None:
    with pytest.raises(TooManyCitizens):
        Province(1, 1_000_000)


def test_chance_follows_from_its_labels() -> None:
    assert chance_of(1, "a", 2).random() == chance_of(1, "a", 2).random()
    assert chance_of(1, "a", 2).random() != chance_of(1, "a", 3).random()
    assert chance_of(1, "a", 2).random() != chance_of(2, "a", 2).random()


def test_weights_are_kept() -> None:
    chance, weighted = chance_of(1, "weights"), Weighted({"often": 9.0, "seldom": 1.0, "never": 0.0})
    drawn = [weighted.pick(chance) for _ in range(2_000)]
    assert "never" not in drawn
    assert 0.87 < drawn.count("often") / len(drawn) < 0.93

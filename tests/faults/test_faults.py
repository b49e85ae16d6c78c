"""A few trials of each fault, and that each harness finds what is planted. Many: `make faults N=100`."""

from collections.abc import Iterator

import pytest

from benchmarks.house import House
from ehr.event_store.connections import connect
from tests.faults.harness import FAULTS, Ledger, broken, kill_api, kill_projector, stop_database, trial
from tests.faults.house import looked_after_house


@pytest.fixture
def house() -> Iterator[House]:
    with looked_after_house() as house:
        yield house


@pytest.mark.parametrize("name", list(FAULTS))
def test_nothing_is_lost_doubled_or_out_of_order(house: House, name: str) -> None:
    assert trial(house, FAULTS[name], 1) == []


def test_clients_without_keys_are_found_to_make_doubles(house: House) -> None:
    found = [wrong for seed in range(5) for wrong in trial(house, kill_api, seed, keys=False, faults=4)]
    assert any("more than once" in wrong for wrong in found)


def test_a_position_that_falls_back_is_found(house: House) -> None:
    """Rows and position that are not written together: the rows are there, the position is not."""
    assert trial(house, kill_projector, 1, faults=1) == []
    with connect(house.database) as connection:
        connection.execute("delete from fhir_resources_1.current where pk % 3 = 0")
    assert "the view is not what the log says" in trial(house, kill_projector, 2, faults=1)


def test_what_was_acknowledged_and_not_stored_is_found(house: House) -> None:
    assert trial(house, stop_database, 1, faults=1) == []
    told = Ledger(sent=["1-ghost"], acknowledged=["1-ghost"])
    assert broken(house, told, "1-") == ["1 acknowledged are lost"]

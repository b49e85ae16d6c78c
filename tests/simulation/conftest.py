"""One small province for all tests that only look at it."""

import pytest

from simulation.province import Province, Sending

SEED, CITIZENS = 7, 150


@pytest.fixture(scope="session")
def province() -> Province:
    return Province(SEED, CITIZENS)


@pytest.fixture(scope="session")
def sendings(province: Province) -> tuple[Sending, ...]:
    return tuple(province)


@pytest.fixture(scope="session")
def sendings_apart() -> tuple[Sending, ...]:
    """The same people; each facility registers them for itself."""
    return tuple(Province(SEED, CITIZENS, patient_per_facility=True))

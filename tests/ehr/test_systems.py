"""Identifier systems: the record and the simulated province, which may not import it, write the same."""

import pytest

from ehr import systems
from simulation import systems as simulated

SHARED = ("NATIONAL_ID", "OLD_CITIZEN_ID", "INSURANCE_NUMBER", "TEMPORARY_ID", "FACILITY_CODE")


@pytest.mark.parametrize("name", SHARED)
def test_both_write_the_same_uri(name: str) -> None:
    assert getattr(systems, name) == getattr(simulated, name)


def test_no_two_systems_are_one() -> None:
    uris = [uri for name, uri in vars(systems).items() if name.isupper() and not name.startswith("_")]
    assert len(uris) == len(set(uris)) == 9

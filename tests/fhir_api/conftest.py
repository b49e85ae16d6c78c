"""Fixtures of the API's tests."""

from collections.abc import Iterator

import pytest

from tests.fhir_api.running import Door, prepare, projecting, serving


@pytest.fixture(scope="module")
def door(module_database: str) -> Iterator[Door]:
    """A server with a projector beside it, for all tests of one module; its record is empty at first."""
    prepare(module_database)
    with projecting(module_database), serving(module_database) as served:
        yield served

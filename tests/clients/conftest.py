"""A server that foreign clients talk to."""

from collections.abc import Iterator

import pytest

from tests.fhir_api.running import prepare, projecting, serving


@pytest.fixture(scope="module")
def address(module_database: str) -> Iterator[str]:
    """Base address of a server, for all tests of one module; its record is empty at first."""
    prepare(module_database)
    with projecting(module_database), serving(module_database) as door:
        yield f"{door.address}/fhir"


@pytest.fixture
def system(request: pytest.FixtureRequest) -> str:
    """An identifier system of this test's own."""
    return f"http://example.org/{request.node.name}"

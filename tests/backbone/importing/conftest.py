"""Fixtures of the import's tests: a server, a line to it, and the data of others."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.backbone.importing.bad_line import BadLine, bad_line
from tests.backbone.importing.stub_server import Stub, application
from tests.serving import served

DATA = Path(__file__).parents[2] / "data"


@pytest.fixture
def stub() -> Stub:
    return Stub()


@pytest.fixture
def server(stub: Stub) -> Iterator[str]:
    with served(application(stub)) as url:
        yield url


@pytest.fixture
def line(server: str) -> Iterator[BadLine]:
    with bad_line(server) as line:
        yield line


@pytest.fixture(scope="session")
def synthea(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The 14 bundles of synthea-small as files."""
    place = tmp_path_factory.mktemp("synthea")
    shutil.unpack_archive(DATA / "synthea-small.tar.xz", place)  # Python below 3.11.4 knows no filters.
    return place / "fhir"


@pytest.fixture(scope="session")
def styles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Files of two other generators."""
    place = tmp_path_factory.mktemp("styles")
    shutil.unpack_archive(DATA / "other-styles.tar.xz", place)  # Python below 3.11.4 knows no filters.
    return place / "styles"

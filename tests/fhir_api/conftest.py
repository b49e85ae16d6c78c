"""Fixtures of the API's tests."""

import io
import logging
from collections.abc import Iterator

import pytest
import structlog

from backbone import logs
from tests.fhir_api.running import Door, prepare, projecting, serving


@pytest.fixture(scope="module")
def door(module_database: str) -> Iterator[Door]:
    """A server with a projector beside it, for all tests of one module; its record is empty at first."""
    prepare(module_database)
    with projecting(module_database), serving(module_database) as served:
        yield served


@pytest.fixture
def output() -> Iterator[io.StringIO]:
    """All that is logged, also what is less than a warning."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    lines = io.StringIO()
    logs.configure("debug", lines)
    yield lines
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()

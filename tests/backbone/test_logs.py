"""Log lines are JSON and quote no record."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from backbone import logs

CITIZEN = "Nguyễn Thị Đào 001099012345"


@pytest.fixture
def output() -> Iterator[io.StringIO]:
    """What is logged, with the logging of the tests themselves put back afterwards."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    lines = io.StringIO()
    logs.configure("info", lines)
    yield lines
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()


def only_line(output: io.StringIO) -> dict[str, Any]:
    (line,) = output.getvalue().splitlines()
    parsed = json.loads(line)
    assert isinstance(parsed, dict)
    return parsed


def test_a_line_is_one_object_with_its_time_and_level(output: io.StringIO) -> None:
    structlog.get_logger().info("flushed", requests=31, position=1204)
    line = only_line(output)
    assert (line["event"], line["requests"], line["position"]) == ("flushed", 31, 1204)
    assert line["level"] == "info"
    assert line["at"].endswith("Z")


def test_what_is_bound_to_a_request_is_on_its_lines(output: io.StringIO) -> None:
    with structlog.contextvars.bound_contextvars(request="0198"):
        structlog.get_logger().info("answered", status=201)
    assert only_line(output)["request"] == "0198"


def test_lines_below_the_level_are_not_written(output: io.StringIO) -> None:
    structlog.get_logger().debug("details")
    logging.getLogger("library").debug("details")
    assert output.getvalue() == ""


def test_an_exception_leaves_its_type_and_places_only(output: io.StringIO) -> None:
    try:
        raise ValueError(CITIZEN)
    except ValueError:
        structlog.get_logger().exception("failed")
    line = only_line(output)
    assert line["exception"] == "builtins.ValueError"
    assert line["places"][0].endswith("test_an_exception_leaves_its_type_and_places_only")
    assert "001099012345" not in output.getvalue()


def test_another_librarys_message_keeps_its_placeholders(output: io.StringIO) -> None:
    try:
        raise KeyError(CITIZEN)
    except KeyError:
        logging.getLogger("library").exception("could not store %s\n%s", CITIZEN, CITIZEN)
    line = only_line(output)
    assert (line["event"], line["logger"], line["exception"]) == (
        "could not store %s",
        "library",
        "builtins.KeyError",
    )
    assert "001099012345" not in output.getvalue()


@pytest.mark.parametrize("name", logs.SILENT)
def test_addresses_of_requests_are_not_written(output: io.StringIO, name: str) -> None:
    logging.getLogger(name).error('"GET /fhir/Patient?name=%s HTTP/1.1" 200', CITIZEN)
    assert output.getvalue() == ""

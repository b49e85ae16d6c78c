"""Log lines: one JSON object a line on standard error, without personal data.

What a program says about itself is written in full. What may quote a record is not: the text of an
exception (a database error quotes the row) and the arguments of other libraries' messages. Of an exception
its type and the places it passed remain, which is what finding the mistake needs.
"""

import logging
import sys
import traceback
from collections.abc import MutableMapping
from typing import Any, TextIO

import structlog

# These write URLs, and a URL may hold a name or a number of a citizen.
SILENT = ("uvicorn.access", "httpx", "httpcore")
PLACES = 20


def configure(level: str, output: TextIO = sys.stderr) -> None:
    """Sends the lines of structlog and of the standard library to `output`, from `level` upwards."""
    threshold = logging.getLevelNamesMapping()[level.upper()]
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        anonymous_exception,
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.JSONRenderer(ensure_ascii=False)],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=structlog.WriteLoggerFactory(output),
    )
    handler = logging.StreamHandler(output)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
            foreign_pre_chain=[anonymous_message, *shared],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(max(threshold, logging.INFO))
    for name in SILENT:
        logging.getLogger(name).setLevel(logging.CRITICAL)


def anonymous_exception(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Replaces an exception by its type and the places it passed; its text may quote a record."""
    error = _exception_of(event.pop("exc_info", None))
    if error is not None:
        event["exception"] = f"{type(error).__module__}.{type(error).__qualname__}"
        frames = traceback.extract_tb(error.__traceback__)[-PLACES:]
        event["places"] = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
    return event


def _exception_of(exc_info: object) -> BaseException | None:
    if isinstance(exc_info, BaseException):
        return exc_info
    if isinstance(exc_info, tuple):
        return exc_info[1] if isinstance(exc_info[1], BaseException) else None
    return sys.exception() if exc_info else None


def anonymous_message(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Keeps the first line of another library's message, with its placeholders unfilled."""
    record = event.get("_record")
    if isinstance(record, logging.LogRecord):
        event["event"] = str(record.msg).split("\n", 1)[0]
        event["logger"] = record.name
    return event

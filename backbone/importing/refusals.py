"""Refusals: what was not stored, where it stands, and why. No value of a resource is in them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

import msgspec


@dataclass(frozen=True, slots=True)
class Refusal:
    """One reason why a resource, or a whole transaction, was not stored.

    document: the file. place: ``entry[12]`` or ``line 17``; empty for all of the file. expression: FHIRPath
    to the element, as the server gave it. code: of the IssueType code system. status: HTTP; None if it was
    never sent. request_id: by which the server's log knows the request.
    """

    document: str
    place: str
    text: str
    code: str = "invalid"
    expression: str = ""
    status: int | None = None
    request_id: str = ""

    def __str__(self) -> str:
        where = " ".join(part for part in (self.document, self.place, self.expression) if part)
        origin = f"HTTP {self.status}" if self.status else "not sent"
        request = f", request {self.request_id}" if self.request_id else ""
        return f"{where}: {self.text} ({self.code}, {origin}{request})"


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file that was left out because it holds no FHIR."""

    document: str
    reason: str


class _Details(msgspec.Struct):
    text: str = ""


class _Issue(msgspec.Struct):
    severity: str = "error"
    code: str = "processing"
    details: _Details = msgspec.field(default_factory=_Details)
    diagnostics: str = ""
    expression: list[str] = []


class _OperationOutcome(msgspec.Struct):
    issue: list[_Issue] = []


_ENTRY = re.compile(r"^Bundle\.(entry\[\d+\])(?:\.|$)")


def read_outcome(body: bytes, about: Refusal) -> list[Refusal]:
    """The errors of an OperationOutcome, each as ``about`` with what it says; ``about`` when it is none.

    What names an entry of the Bundle goes to that entry's place.
    """
    try:
        outcome = msgspec.json.decode(body, type=_OperationOutcome)
    except (msgspec.DecodeError, RecursionError):
        return [about]
    errors = [issue for issue in outcome.issue if issue.severity in ("error", "fatal")]
    return [one for issue in errors or outcome.issue for one in _refusals(issue, about)] or [about]


def _refusals(issue: _Issue, about: Refusal) -> Iterator[Refusal]:
    text = issue.details.text or issue.diagnostics or about.text
    for expression in issue.expression or [about.expression]:
        entry = _ENTRY.match(expression)
        place = about.place or (entry.group(1) if entry else "")
        yield replace(about, place=place, text=text, code=issue.code, expression=expression)

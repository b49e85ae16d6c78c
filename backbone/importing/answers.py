"""Answers: what the server says to a submission, read entry by entry."""

import re
from dataclasses import dataclass, replace

import msgspec

from backbone.importing.refusals import Refusal, read_outcome
from backbone.importing.submissions import Submission

NOT_REACHED = frozenset({429, 502, 503, 504})
"""The server, or what stands before it, was not able to take the request just now."""

PERHAPS_LATER = frozenset({408, 409, 425})
"""With these, and with 500 and more, another try may help, or may not."""

NOT_LET_IN = frozenset({401, 403})


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer of the server itself."""

    status: int
    body: bytes
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of a submission.

    created: resources that are new. unchanged: those that were there already, or were updated. refused: how
    many were not stored, for the reasons in refusals.
    """

    submission: Submission
    created: int
    unchanged: int
    refusals: list[Refusal]
    try_again: bool = False

    @property
    def refused(self) -> int:
        """Resources that were not stored."""
        return self.submission.resources - self.created - self.unchanged


class _Response(msgspec.Struct):
    status: str = ""
    outcome: msgspec.Raw = msgspec.field(default_factory=msgspec.Raw)


class _Entry(msgspec.Struct):
    response: _Response = msgspec.field(default_factory=_Response)


class _Bundle(msgspec.Struct):
    type: str = ""
    entry: list[_Entry] = []


def read_reply(submission: Submission, reply: Reply) -> Delivery:
    """What became of the submission, by the server's answer."""
    if not 200 <= reply.status < 300:
        return _nothing_stored(submission, reply)
    if submission.kind == "resource":
        return _delivery(submission, [reply.status], [])
    try:
        answer = msgspec.json.decode(reply.body, type=_Bundle)
    except (msgspec.DecodeError, RecursionError):
        answer = _Bundle()
    if answer.type != f"{submission.kind}-response" or len(answer.entry) != submission.resources:
        return _not_understood(submission, reply)
    return _read_entries(submission, reply, [entry.response for entry in answer.entry])


def passes(status: int) -> bool:
    """Whether what the status complains of may be over by the time of another try."""
    return status in NOT_REACHED | PERHAPS_LATER or status >= 500


def _nothing_stored(submission: Submission, reply: Reply) -> Delivery:
    about = _refusal(submission, 0 if submission.kind == "resource" else None, reply.status, reply)
    refusals = [_in_line(submission, one) for one in read_outcome(reply.body, about)]
    return Delivery(submission, 0, 0, refusals, passes(reply.status))


def _not_understood(submission: Submission, reply: Reply) -> Delivery:
    text = f"The answer is no {submission.kind}-response with {submission.resources} entries."
    return Delivery(submission, 0, 0, [replace(_refusal(submission, None, reply.status, reply), text=text)])


def _read_entries(submission: Submission, reply: Reply, responses: list[_Response]) -> Delivery:
    statuses = [_status(response) for response in responses]
    refusals = [
        _in_line(submission, one)
        for index, (status, response) in enumerate(zip(statuses, responses, strict=True))
        if not 200 <= status < 300
        for one in read_outcome(bytes(response.outcome), _refusal(submission, index, status, reply))
    ]
    return _delivery(submission, statuses, refusals)


def _delivery(submission: Submission, statuses: list[int], refusals: list[Refusal]) -> Delivery:
    created = statuses.count(201)
    unchanged = sum(200 <= status < 300 for status in statuses) - created
    return Delivery(submission, created, unchanged, refusals, any(passes(status) for status in statuses))


def _status(response: _Response) -> int:
    """``201 Created`` begins with the number; 0 when there is none."""
    digits = response.status[:3]
    return int(digits) if digits.isdecimal() else 0


def _refusal(submission: Submission, index: int | None, status: int, reply: Reply) -> Refusal:
    place = "" if index is None else submission.place(index)
    text = "The server gives no reason."
    return Refusal(submission.document, place, text, "processing", "", status, reply.request_id)


_PLACE = re.compile(r"^Bundle\.entry\[(\d+)\]\.?(?:resource\.?)?")


def _in_line(submission: Submission, refusal: Refusal) -> Refusal:
    """Of NDJSON: by the line instead of the entry of a Bundle that its sender has never seen."""
    match = _PLACE.match(refusal.expression)
    if not submission.lines or not match or int(match.group(1)) >= len(submission.lines):
        return refusal
    place = submission.place(int(match.group(1)))
    return replace(refusal, place=place, expression=refusal.expression[match.end() :])

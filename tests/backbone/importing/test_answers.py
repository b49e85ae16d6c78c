"""Answers: every entry is looked at, and every reason finds its place in the document."""

import json
from typing import Any

import pytest

from backbone.importing.answers import Delivery, Reply, read_reply
from backbone.importing.refusals import Refusal
from backbone.importing.submissions import Kind, Submission


def submission(kind: Kind, resources: int = 3, lines: tuple[int, ...] = ()) -> Submission:
    return Submission("x.json", kind, "POST", "", b"{}", 2, resources, lines)


def outcome(*issues: dict[str, Any]) -> dict[str, Any]:
    return {"resourceType": "OperationOutcome", "issue": [{"severity": "error", **issue} for issue in issues]}


def bundle(kind: str, *responses: dict[str, Any]) -> bytes:
    entries = [{"response": response} for response in responses]
    return json.dumps({"resourceType": "Bundle", "type": kind, "entry": entries}).encode()


def counts(delivery: Delivery) -> tuple[int, int, int]:
    return delivery.created, delivery.unchanged, delivery.refused


CREATED, SAME = {"status": "201 Created"}, {"status": "200"}
WRONG = {
    "code": "value",
    "details": {"text": "No such code."},
    "expression": ["Bundle.entry[1].resource.status"],
}


def test_every_entry_of_a_batch_counts_for_itself() -> None:
    body = bundle("batch-response", CREATED, {"status": "400 Bad", "outcome": outcome(WRONG)}, SAME)
    delivery = read_reply(submission("batch"), Reply(200, body, "r-7"))
    assert counts(delivery) == (1, 1, 1)
    reason = Refusal(
        "x.json", "entry[1]", "No such code.", "value", "Bundle.entry[1].resource.status", 400, "r-7"
    )
    assert delivery.refusals == [reason]
    assert str(reason) == (
        "x.json entry[1] Bundle.entry[1].resource.status: No such code. (value, HTTP 400, request r-7)"
    )


@pytest.mark.parametrize("expression", ["Bundle.entry[1].resource.status", "status"])
def test_of_ndjson_the_line_is_told(expression: str) -> None:
    wrong = {**WRONG, "expression": [expression]}
    body = bundle("batch-response", CREATED, {"status": "400", "outcome": outcome(wrong)})
    delivery = read_reply(submission("batch", 2, (4, 9)), Reply(200, body))
    assert [(one.place, one.expression) for one in delivery.refusals] == [("line 9", "status")]


def test_a_refused_transaction_is_refused_whole_with_every_reason() -> None:
    second = {
        "code": "structure",
        "diagnostics": "Too deep.",
        "expression": ["Bundle.entry[12]", "Bundle.type"],
    }
    reply = Reply(422, json.dumps(outcome(WRONG, second)).encode())
    delivery = read_reply(submission("transaction"), reply)
    assert counts(delivery) == (0, 0, 3)
    assert [(one.place, one.text) for one in delivery.refusals] == [
        ("entry[1]", "No such code."),
        ("entry[12]", "Too deep."),
        ("", "Too deep."),
    ]


def test_warnings_beside_errors_are_no_reasons() -> None:
    warning = {"severity": "warning", "code": "informational", "diagnostics": "Mind."}
    reply = Reply(400, json.dumps(outcome(warning, WRONG)).encode())
    assert [one.text for one in read_reply(submission("transaction"), reply).refusals] == ["No such code."]


@pytest.mark.parametrize("body", [b"", b"<html>", b"{}", b'{"issue":3}', json.dumps(outcome()).encode()])
def test_a_refusal_without_a_reason_is_told_all_the_same(body: bytes) -> None:
    (one,) = read_reply(submission("resource", 1), Reply(413, body)).refusals
    assert (one.status, one.text, one.place) == (413, "The server gives no reason.", "")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        bundle("transaction-response", CREATED, CREATED),
        bundle("batch-response", CREATED, CREATED, CREATED),
        b'{"resourceType":"Bundle","type":"transaction-response"}',
    ],
)
def test_an_answer_that_does_not_match_is_not_taken_for_success(body: bytes) -> None:
    delivery = read_reply(submission("transaction"), Reply(200, body))
    assert counts(delivery) == (0, 0, 3)
    (one,) = delivery.refusals
    assert one.text == "The answer is no transaction-response with 3 entries."


def test_an_entry_without_a_status_is_not_stored() -> None:
    body = bundle("transaction-response", CREATED, {}, {"status": "x"})
    assert counts(read_reply(submission("transaction"), Reply(200, body))) == (1, 0, 2)


@pytest.mark.parametrize(
    ("status", "again"), [(400, False), (409, True), (412, False), (422, False), (500, True)]
)
def test_what_may_pass_is_tried_again(status: int, again: bool) -> None:
    assert read_reply(submission("resource", 1), Reply(status, b"")).try_again is again
    body = bundle("batch-response", CREATED, {"status": f"{status} X"})
    assert read_reply(submission("batch", 2), Reply(200, body)).try_again is again

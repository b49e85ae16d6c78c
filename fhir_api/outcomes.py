"""OperationOutcomes (https://hl7.org/fhir/R4/operationoutcome.html): how every refusal is told."""

from collections.abc import Iterable, Sequence
from typing import Any

import orjson
import structlog
from starlette.responses import Response

from ehr.errors import Refusal
from fhir_api.errors import ANSWERS, Answer, ApiError
from fhir_api.intake import IntakeRefused, Issue
from projections.database import LONGEST_SECONDS, DatabaseTrouble, is_too_costly

FHIR_JSON = "application/fhir+json"
UNFORESEEN = Answer(500, "exception")
TOO_COSTLY = (
    "This takes more of the database than a request may, above all no longer than "
    f"{LONGEST_SECONDS} seconds. Ask for less: name an identifier, a patient, a code or a time, fewer "
    "alternatives; no _total, no _sort."
)
log = structlog.get_logger()


class Invalid(Exception):
    """Resources of the request are not valid; ``issues`` say where and why."""

    def __init__(self, issues: Iterable[Issue]) -> None:
        """issues: at least one."""
        self.issues = tuple(issues)
        super().__init__("invalid")


class Told(Exception):
    """A refusal that another process has put into words already."""

    def __init__(self, status: int, issues: list[Issue], headers: dict[str, str]) -> None:
        """As ``told`` gives them."""
        super().__init__(status)
        self.status, self.issues, self.headers = status, issues, headers


EXPECTED = (ApiError, Refusal, IntakeRefused, Invalid, Told)


def note(error: Exception, request_id: str) -> None:
    """Logs an error that nobody foresaw. Its text may hold a value of a resource: kind and place must do."""
    if not isinstance(error, EXPECTED):
        log.error("unforeseen error", request=request_id, kind=type(error).__name__, at=place_of(error))


def note_refusal(request_id: str, status: int, issues: Sequence[Issue]) -> None:
    """Logs that a request, or an entry of a batch, was refused, so that its id leads somewhere."""
    log.info("refused", request=request_id, status=status, code=issues[0].code)


def outcome(issues: Iterable[Issue], request_id: str) -> dict[str, Any]:
    """The resource. request_id goes into every issue's diagnostics."""
    return {"resourceType": "OperationOutcome", "issue": [_issue(issue, request_id) for issue in issues]}


def told(error: Exception) -> tuple[int, list[Issue], dict[str, str]]:
    """(status, issues, headers) of any error. The unforeseen tell nothing of themselves."""
    if isinstance(error, Told):
        return error.status, error.issues, error.headers
    if isinstance(error, Invalid):
        return 422, list(error.issues), {}
    if isinstance(error, IntakeRefused):
        too_long = any(issue.code == "too-long" for issue in error.issues)
        return (413 if too_long else 400), list(error.issues), {}
    if isinstance(error, ApiError):
        answer = ANSWERS[type(error)]
        return answer.status, [Issue(answer.code, error.expression, error.message)], error.headers
    if isinstance(error, Refusal):
        answer = ANSWERS[type(error)]
        at = "" if error.entry is None else f"Bundle.entry[{error.entry}]"
        return answer.status, [Issue(answer.code, at, error.message)], _retry(answer.status)
    if isinstance(error, DatabaseTrouble) and is_too_costly(error):
        return 413, [Issue("too-costly", "", TOO_COSTLY)], {}
    if isinstance(error, DatabaseTrouble):
        return 503, [Issue("transient", "", "The database cannot be reached at the moment.")], _retry(503)
    return UNFORESEEN.status, [Issue(UNFORESEEN.code, "", "Something went wrong in the server.")], {}


def refusal(error: Exception, request_id: str) -> Response:
    """The HTTP answer to an error."""
    status, issues, headers = told(error)
    note_refusal(request_id, status, issues)
    body = orjson.dumps(outcome(issues, request_id))
    return Response(body, status, headers, media_type=FHIR_JSON)


def place_of(error: BaseException) -> str:
    """File and line where an error arose."""
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename.rsplit('/', 1)[-1]}:{trace.tb_lineno}" if trace else ""


def _retry(status: int) -> dict[str, str]:
    return {"Retry-After": "1"} if status == 503 else {}


def _issue(issue: Issue, request_id: str) -> dict[str, Any]:
    told: dict[str, Any] = {
        "severity": issue.severity,
        "code": issue.code,
        "details": {"text": issue.text},
        "diagnostics": f"request {request_id}",
    }
    if issue.expression:
        told["expression"] = [issue.expression]
    return told

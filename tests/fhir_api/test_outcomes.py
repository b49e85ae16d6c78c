"""What is told of an error."""

import pytest
from psycopg.errors import ProgramLimitExceeded, QueryCanceled, TooManyColumns

from ehr.errors import AsksTooMuch, OutcomeUnknown, TooCostly, Unavailable, Unknown, VersionConflict
from fhir_api.errors import TooMuchAsked
from fhir_api.outcomes import refusal
from projections.database import DatabaseTrouble


@pytest.mark.parametrize(
    ("error", "status", "retry_after"),
    [
        (Unavailable(), 503, "1"),
        (OutcomeUnknown(), 503, "1"),
        (DatabaseTrouble(), 503, "1"),
        (QueryCanceled(), 413, None),
        (ProgramLimitExceeded(), 413, None),
        (TooManyColumns(), 413, None),
        (TooCostly(), 413, None),
        (TooMuchAsked(), 400, None),
        (AsksTooMuch(), 400, None),
        (VersionConflict(), 412, None),
        (Unknown(), 404, None),
        (ValueError("secret"), 500, None),
    ],
    ids=repr,
)
def test_who_may_try_again_is_told_when(error: Exception, status: int, retry_after: str | None) -> None:
    answer = refusal(error, "some-id")
    assert (answer.status_code, answer.headers.get("retry-after")) == (status, retry_after)
    assert b"secret" not in answer.body
    costly = isinstance(
        error, QueryCanceled | ProgramLimitExceeded | TooManyColumns | TooCostly | TooMuchAsked | AsksTooMuch
    )
    assert (b'"too-costly"' in answer.body) is costly

"""A few histories from store to log and back, and how a faulty restore is found. Many: `make faults`."""

from collections.abc import Iterable, Sequence
from typing import Any

import pytest

from backbone.embedded_postgres import EmbeddedPostgres
from ehr.event_store.restoring import Restoring
from ehr.facts import AnyFact
from ehr.folding import Folded, fold
from streams.broker import Access
from tests.faults.rebuilding import trials


@pytest.fixture(scope="module")
def kafka(kafka_servers: str) -> Access:
    """How the tests' broker is reached."""
    return Access(kafka_servers)


def test_store_and_log_are_made_of_each_other(postgres: EmbeddedPostgres, kafka: Access) -> None:
    for trial in trials(postgres, kafka, range(3)):
        assert trial.wrong == []
        assert trial.facts > 20


class SkippingClaims(Restoring):
    """The planted bug: which identifiers resources bear is not restored."""

    def _insert(self, query: str, rows: Iterable[Sequence[Any]]) -> None:
        if query != "claims":
            super()._insert(query, rows)


def test_a_restore_without_claims_is_found(
    postgres: EmbeddedPostgres, kafka: Access, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("streams.restoring.Restoring", SkippingClaims)
    wrong = [one for trial in trials(postgres, kafka, range(2)) for one in trial.wrong]
    assert any(one.startswith("the store from the log: ") and "record.claims" in one for one in wrong)
    assert "the store from the log decides otherwise" in wrong


class KeepingDigests(Restoring):
    """The planted bug: a resource keeps the digest of its first version."""

    def _insert(self, query: str, rows: Iterable[Sequence[Any]]) -> None:
        if query == "heads":
            rows = [(*row[:-1], self._first.setdefault(row[:2], row[-1])) for row in rows]
        super()._insert(query, rows)

    _first: dict[Any, Any]

    def __init__(self, conninfo: str) -> None:
        self._first = {}
        super().__init__(conninfo)


def test_a_restore_that_keeps_old_digests_is_found(
    postgres: EmbeddedPostgres, kafka: Access, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("streams.restoring.Restoring", KeepingDigests)
    wrong = [one for trial in trials(postgres, kafka, range(2)) for one in trial.wrong]
    assert any(one.startswith("the store from the log: ") and "record.heads" in one for one in wrong)


def forgetting_answers(facts: Iterable[tuple[int, AnyFact]]) -> Folded:
    """The planted bug: answers are forgotten."""
    folded = fold(facts)
    folded.answers.clear()
    return folded


def test_a_fold_that_forgets_answers_is_found(
    postgres: EmbeddedPostgres, kafka: Access, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also by the very store that the facts are from."""
    monkeypatch.setattr("ehr.event_store.restoring.fold", forgetting_answers)
    wrong = [one for trial in trials(postgres, kafka, range(1)) for one in trial.wrong]
    assert any(one.startswith("the log from the store: ") and "record.answers" in one for one in wrong)
    assert "the store from the log decides otherwise" in wrong

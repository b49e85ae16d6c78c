"""The cases on searches against the oracle: two readings of the specification, made apart from each other."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import orjson
import pytest

from tests.conformance.names import Names
from tests.conformance.reading import Case, Json, Topic, files, read_topic
from tests.conformance.running import narrowed, tagged
from tests.oracle.corpus import Corpus
from tests.oracle.evaluator import OF_THE_ANSWER, answer, parse
from tests.oracle.values import Refused

BASE = "http://example.org/fhir"
BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
EXPECTED = {"found", "order", "included"}
"""What the oracle has an opinion on."""


def answerable(step: Json) -> bool:
    """Whether a step asks for what is found, or for what must not be searched for."""
    searched = step.get("search") or step.get("form") or ""
    names = {name.partition(":")[0] for name, _ in parse(searched)[1]}
    refused = step.get("status") == 400 and "handling=lenient" not in step.get("headers", {}).values()
    if not searched or OF_THE_ANSWER & names or "%" in searched:
        return False
    return refused or ("status" not in step and "headers" not in step and bool(EXPECTED & set(step)))


def cases() -> list[object]:
    return [
        pytest.param(topic, case, id=f"{topic.file}: {case.name}")
        for topic in map(read_topic, files())
        for case in topic.cases
        if all(map(answerable, case.steps)) and not case.fails
    ]


@pytest.mark.parametrize(("topic", "case"), cases())
def test_the_oracle_answers_as_the_case_expects(topic: Topic, case: Case) -> None:
    names = Names({"run": "run", "case": "case", "base": BASE})
    state(names, topic.setup, "run")
    state(names, case.setup, "case")
    corpus = Corpus(map(orjson.dumps, names.kept.values()), [BASE])
    for step in case.steps:
        ask(corpus, names, step, "case" if case.setup else "run")


def state(names: Names, setup: Mapping[str, Json], tag: str) -> None:
    """What a server would make of a setup; its resources' names are their ids."""
    for name, resource in setup.items():
        moment = BEGINNING + timedelta(seconds=len(names.kept))
        made: Json = names.fill(tagged(resource, tag)) | {"id": f"{tag}-{name.replace('_', '-')}"}
        made["meta"] |= {"versionId": "1", "lastUpdated": moment.isoformat()}
        names.kept[name] = made


def ask(corpus: Corpus, names: Names, step: Json, tag: str) -> None:
    asked = parse(names.fill_address(narrowed(step.get("search") or step["form"], tag)))
    if step.get("status") == 400:
        with pytest.raises(Refused):
            answer(corpus, *asked)
        return
    found = answer(corpus, *asked)
    matches = [names.name_of(key) for group in found.groups for key in group]
    assert sorted(matches) == sorted(step.get("found", matches))
    assert matches == step.get("order", matches)
    included = sorted(map(names.name_of, found.included))
    assert included == sorted(step.get("included", included))

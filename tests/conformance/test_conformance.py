"""Every conformance case against this server, one test for each."""

from collections.abc import Iterator

import pytest

from tests.conformance.names import Names
from tests.conformance.reading import Case, Topic, files, read_topic
from tests.conformance.running import Server, failures, judged, listening, set_up
from tests.fhir_api.running import prepare, projecting, serving

TOPICS = {path.stem: read_topic(path) for path in files()}


@pytest.fixture(scope="module")
def server(module_database: str) -> Iterator[Server]:
    prepare(module_database)
    with (
        projecting(module_database),
        serving(module_database) as door,
        listening(f"{door.address}/fhir") as asked,
    ):
        yield asked


@pytest.fixture(scope="module")
def shared(server: Server) -> dict[str, Names]:
    """What each file has set up."""
    return {file: set_up(server, topic) for file, topic in TOPICS.items()}


CASES = [
    pytest.param(topic, case, id=f"{file}: {case.name}")
    for file, topic in TOPICS.items()
    for case in topic.cases
]


@pytest.mark.parametrize(("topic", "case"), CASES)
def test_case(server: Server, shared: dict[str, Names], topic: Topic, case: Case) -> None:
    result, told = judged(case, server, failures(server, case, shared[topic.file]))
    assert result != "failed", "\n".join([case.spec, *told])

"""The oracle finds nothing where nothing is wrong, and every bug that is planted."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from backbone.importing.importer import import_paths
from tests.backbone.importing.stub_server import Key, Stub, application
from tests.journeys.oracle import disagreements
from tests.serving import served

DATA = Path(__file__).parents[1] / "data"
DECIMAL = re.compile(rb'("valueQuantity"\s*:\s*\{\s*"value"\s*:\s*\d+\.\d+)')
BUNDLES, ORACLE = DATA / "synthea-small.tar.xz", DATA / "oracle-small.json"


@pytest.fixture(scope="module")
def stub() -> Stub:
    return Stub()


@pytest.fixture(scope="module")
def server(stub: Stub, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server that has been given synthea-small."""
    with served(application(stub)) as url:
        assert import_paths([BUNDLES], url, tmp_path_factory.mktemp("data")).exit_code == 0
        yield url


def test_an_honest_server_agrees(server: str) -> None:
    assert disagreements(server, ORACLE, BUNDLES) == []


def test_every_kind_of_lie_is_found(server: str, stub: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    lost = next(key for key in stub.resources if key.type == "Immunization")
    rounded = next(key for key, content in stub.resources.items() if DECIMAL.search(content))
    stranger = next(key for key in stub.resources if key.type == "Encounter")
    patient = next(key for key in stub.resources if key.type == "Patient")

    def lie(key: Key, content: bytes) -> bytes | None:
        if key == lost:
            return None
        if key == rounded:
            return DECIMAL.sub(rb"\g<1>0", content)
        return content.replace(b'"Patient/', b'"urn:uuid:', 1) if key == stranger else content

    everything = stub.everything
    monkeypatch.setattr(stub, "distort", lie)
    monkeypatch.setattr(stub, "everything", lambda id_: everything(id_)[: -1 if id_ == patient.id else None])
    found = disagreements(server, ORACLE, BUNDLES)
    for told in (
        "Immunization: 232, 232 of them different, instead of 233",
        "is not there",
        "another value",
        "Encounter.subject.reference: another text",
        "$everything lacks 2, has 0 of others, repeats 0",
    ):
        assert any(told in one for one in found), (told, found)
    assert len(found) == 5


def test_a_resource_too_many_is_found(server: str, stub: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    patient = next(key for key in stub.resources if key.type == "Patient")
    one_more = Key("Encounter", "more")
    content = (
        b'{"resourceType":"Encounter","id":"more","subject":{"reference":"Patient/%b"}}' % patient.id.encode()
    )
    monkeypatch.setitem(stub.resources, one_more, content)
    found = disagreements(server, ORACLE, BUNDLES)
    assert len(found) == 2
    assert found[0] == "Encounter: 477, 477 of them different, instead of 476"
    assert "$everything lacks 0, has 1 of others" in found[1]

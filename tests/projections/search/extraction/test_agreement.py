"""The compiled extraction finds what a FHIRPath interpreter finds by the official expressions.

Here on the examples of HL7's that are kept and on all of Synthea's bundles; on every example by ``python -m``
of this package.
"""

import tarfile
from pathlib import Path
from random import Random
from typing import Any

import orjson
import pytest

from ehr.definitions import RESOURCE_TYPES
from ehr.definitions.search_parameters import search_parameters
from tests.fhir_api.intake.examples import kept
from tests.fhir_api.intake.valid_resources import any_resource
from tests.projections.search.extraction import agreement
from tests.projections.search.extraction.__main__ import entries, examples
from tests.projections.search.extraction.agreement import disagreements
from tests.projections.search.extraction.recording import extracted

BUNDLES = Path(__file__).parents[3] / "data" / "synthea-small.tar.xz"
MOST_DRAWN = 12_000
COMPARED = ("_system", "_type", "_deceasedBoolean")
"""Extensions of the elements that an expression compares: ``where(system='phone')``."""


def test_on_examples_of_every_type() -> None:
    examples = [orjson.loads(bytes(example.resource)) for example in kept()]
    assert len({example["resourceType"] for example in examples}) == 140  # The package has no other.
    assert [found for example in examples if (found := disagreements(example))] == []


def test_on_synthea() -> None:
    found = [disagreements(resource) for resource in entries(BUNDLES)]
    assert len(found) == 7453
    assert [codes for codes in found if codes] == []


def test_a_package_is_taken_as_a_folder_and_as_an_archive(tmp_path: Path) -> None:
    folder = tmp_path / "package"
    folder.mkdir()
    patients = [{"resourceType": "Patient", "id": id_} for id_ in ("a", "b")]
    for patient in patients:
        (folder / f"Patient-{patient['id']}.json").write_bytes(orjson.dumps(patient))
    (folder / "package.json").write_bytes(b'{"name": "hl7.fhir.r4.examples"}')
    archive = tmp_path / "package.tgz"
    with tarfile.open(archive, "w:gz") as made:
        made.add(folder, "package")
    assert sorted(one["id"] for one in examples(folder)) == ["a", "b"]
    assert sorted(one["id"] for one in examples(archive)) == ["a", "b"]


@pytest.mark.parametrize("name", sorted(RESOURCE_TYPES))
def test_on_odd_resources_that_have_every_parameter(name: str) -> None:
    wanting = {row.number: row.code for row in search_parameters(name).values() if not row.derived}
    for seed in range(MOST_DRAWN):
        resource = _odd(name, seed)
        numbers = {number for number, *_ in extracted(resource)} & wanting.keys()
        if numbers:
            assert disagreements(resource) == []
        wanting = {number: code for number, code in wanting.items() if number not in numbers}
        if not wanting:
            break
    assert wanting == {}


def _odd(name: str, seed: int) -> dict[str, Any]:
    """A random resource, that may refer to a Practitioner, and without what the interpreter errs about.

    A code or boolean is unlike any other for it, once there is an extension of it.
    """
    text = orjson.dumps(any_resource(Random(f"{name} {seed}"), name))
    text = text.replace(b'"Group/1"', b'"Practitioner/1"')
    resource: dict[str, Any] = _plain(orjson.loads(text))
    return resource


def _plain(node: Any) -> Any:
    if isinstance(node, dict):
        return {key: _plain(value) for key, value in node.items() if key not in COMPARED}
    return [_plain(item) for item in node] if isinstance(node, list) else node


def test_what_is_missed_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    resource = {"resourceType": "Patient", "gender": "male", "name": [{"family": "Nguyễn"}]}
    assert disagreements(resource) == []
    without = [row for row in extracted(resource) if row[1] != ("token", "code")]
    monkeypatch.setattr(agreement, "extracted", lambda _: without)
    assert disagreements(resource) == ["Patient.gender"]

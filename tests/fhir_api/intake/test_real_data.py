"""Data that nobody here wrote: Synthea passes, what is invalid in others is refused at its place."""

import tarfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fhir_api.intake import Limits, scan, validate

DATA = Path(__file__).parents[2] / "data"
LIMITS = Limits(size=64 << 20)


def _files(archive: str) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(DATA / archive) as tar:
        for member in tar:
            stream = tar.extractfile(member)
            if stream is not None:
                yield member.name, stream.read()


def _findings(resource: dict[str, Any]) -> list[str]:
    return [issue.expression for issue in validate(resource, resource["resourceType"])]


def test_synthea_passes() -> None:
    bundles = [scan(raw, LIMITS) for name, raw in _files("synthea-small.tar.xz") if name.endswith(".json")]
    assert sum(len(bundle["entry"]) for bundle in bundles) == 7453
    assert [found for bundle in bundles if (found := _findings(bundle))] == []


def test_carebundle_passes() -> None:
    bundles = [scan(raw, LIMITS) for name, raw in _files("other-styles.tar.xz") if "/carebundle/" in name]
    assert len(bundles) == 30
    assert [found for bundle in bundles if (found := _findings(bundle))] == []


def test_clinosim_is_refused_where_it_breaks_r4() -> None:
    lines = (
        resource
        for name, raw in _files("other-styles.tar.xz")
        if name.endswith(".ndjson")
        for resource in (scan(line, LIMITS) for line in raw.splitlines())
    )
    counts = Counter(found for resource in lines if (found := tuple(_findings(resource))))
    code = "DiagnosticReport.code"
    assert counts == {
        ("MedicationAdministration.dosage.doseAndRate",): 8,
        (f"{code}.coding[0].code", f"{code}.coding[0].display", f"{code}.text"): 6,
        ("Coverage.extension",): 74,
    }


def test_a_bundle_is_refused_for_itself_and_for_its_entries() -> None:
    (raw,) = [raw for name, raw in _files("other-styles.tar.xz") if name.endswith("diff_bundle.json")]
    found = _findings(scan(raw, LIMITS))
    assert found[0] == "Bundle.id"
    assert Counter(place.partition("].resource.")[2] for place in found[1:]) == {
        "extension": 12,
        "dosage.doseAndRate": 6,
        "code.coding[0].code": 4,
        "code.coding[0].display": 4,
        "code.text": 4,
    }

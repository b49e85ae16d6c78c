"""Synthea's people come in over a bad line, and are found again, whole, on the real server."""

import json
from pathlib import Path

from backbone.importing.importer import import_paths
from tests.backbone.importing.bad_line import bad_line
from tests.fhir_api.running import Door
from tests.journeys.oracle import disagreements

DATA = Path(__file__).parents[1] / "data"
BUNDLES, ORACLE = DATA / "synthea-small.tar.xz", DATA / "oracle-small.json"
TOTAL = sum(json.loads(ORACLE.read_text())["resources_by_type"].values())


def test_all_that_was_imported_is_there_as_it_was_sent_and_only_once(door: Door, tmp_path: Path) -> None:
    with bad_line(door.address) as line:
        line.troubles.extend(["lost", "busy", None] * 5)
        first = import_paths([BUNDLES], line.url, tmp_path)
        assert (first.exit_code, first.created, first.refusals) == (0, TOTAL, [])
        second = import_paths([BUNDLES], line.url, tmp_path)
        assert (second.exit_code, second.created, second.known) == (0, 0, TOTAL)
    without_ledger = import_paths([BUNDLES], door.address, tmp_path)
    assert without_ledger.exit_code == 0
    assert disagreements(door.address, ORACLE, BUNDLES) == []


def test_other_generators_files_are_stored_but_for_what_is_no_valid_r4(door: Door, tmp_path: Path) -> None:
    report = import_paths([DATA / "other-styles.tar.xz"], door.address, tmp_path)
    assert report.exit_code == 1
    refused = [(Path(one.document.partition("!")[2]).name, one.expression) for one in report.refusals]
    assert refused.count(("clinosim_diff_bundle.json", "Bundle.id")) == 1
    files = {name: sum(file == name for file, _ in refused) for name, _ in refused}
    lines = len({(one.document, one.place) for one in report.refusals if one.place})
    assert set(files) == {
        "Coverage.ndjson",
        "DiagnosticReport.ndjson",
        "MedicationAdministration.ndjson",
        "clinosim_diff_bundle.json",
    }
    assert lines == 74 + 6 + 8

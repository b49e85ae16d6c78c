"""The import as a whole, against a server that looks closely and a line that fails."""

import json
import os
import subprocess
import sys
import tarfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from backbone.importing.delivery import Patience
from backbone.importing.importer import import_paths
from backbone.importing.ledger import PLACE
from backbone.importing.progress import NoProgress
from backbone.importing.refusals import Refusal
from backbone.importing.report import ImportReport
from tests.backbone.importing.bad_line import BadLine
from tests.backbone.importing.conftest import DATA
from tests.backbone.importing.stub_server import Key, Stub
from tests.backbone.waiting import until

ORACLE = json.loads((DATA / "oracle-small.json").read_text())
TOTAL = sum(ORACLE["resources_by_type"].values())
ENTRIES = TOTAL + sum(ORACLE["entries_skipped_by_ifNoneExist"].values())
QUICK = Patience(first_pause=0.01, longest_pause=0.05, tries=20)


def run(paths: Path | list[Path], url: str, data: Path, **options: Any) -> ImportReport:
    listed = paths if isinstance(paths, list) else [paths]
    return import_paths(listed, url, data, patience=options.pop("patience", QUICK), **options)


def patient(directory: Path, id_: str, **elements: Any) -> Path:
    path = directory / f"{id_}.json"
    path.write_text(json.dumps({"resourceType": "Patient", "id": id_, **elements}))
    return path


def types_of(stub: Stub) -> dict[str, int]:
    return dict(sorted(Counter(key.type for key in stub.resources).items()))


@pytest.mark.parametrize("packed", [False, True], ids=["folder", "archive"])
def test_synthea_is_stored_whole_and_bytes_arrive_as_they_are_in_the_files(
    tmp_path: Path, synthea: Path, server: str, stub: Stub, packed: bool
) -> None:
    report = run(DATA / "synthea-small.tar.xz" if packed else synthea, server, tmp_path)
    assert (report.exit_code, report.refusals, report.skipped) == (0, [], [])
    assert report.created + report.unchanged == ENTRIES
    assert types_of(stub) == ORACLE["resources_by_type"]
    assert set(stub.bodies) == {file.read_bytes() for file in synthea.iterdir()}
    assert [b'"batch"' in body[:60] for body in stub.bodies] == [True] * 2 + [False] * 12
    assert stub.bodies[0] == next(synthea.glob("hospital*")).read_bytes()


def test_a_second_run_sends_nothing_and_says_so(
    tmp_path: Path, synthea: Path, server: str, stub: Stub
) -> None:
    run(synthea, server, tmp_path)
    sent = len(stub.bodies)
    report = run(DATA / "synthea-small.tar.xz", server, tmp_path)
    assert len(stub.bodies) == sent
    assert (report.known, report.created, report.exit_code) == (ENTRIES, 0, 0)
    assert list(report.lines()) == [
        f"Nothing new: all {ENTRIES:,} resources were stored by an earlier import."
    ]


def test_without_its_ledger_the_server_knows_what_it_has(
    tmp_path: Path, synthea: Path, server: str, stub: Stub
) -> None:
    run(synthea, server, tmp_path)
    run(synthea, server, tmp_path / "elsewhere")
    report = run(synthea, server, tmp_path, again=True)
    assert report.exit_code == 0
    assert next(report.lines()).startswith(
        f"{ENTRIES:,} resources created by this import or an earlier one, 0"
    )
    assert len(stub.bodies) == 3 * 14
    assert types_of(stub) == ORACLE["resources_by_type"]


def test_answers_that_are_lost_and_a_server_that_is_busy_lose_and_double_nothing(
    tmp_path: Path, synthea: Path, line: BadLine, stub: Stub
) -> None:
    line.troubles.extend(["lost", "busy", "error"] * 6)
    report = run(synthea, line.url, tmp_path)
    assert report.exit_code == 0
    assert line.writes == 14 + 18
    assert types_of(stub) == ORACLE["resources_by_type"]


class Listener(NoProgress):
    """Remembers all that it is told, and does something whenever something advances."""

    def __init__(self, then: Callable[[], None] = lambda: None) -> None:
        self.size = self.done = self.resources = 0
        self.refusals: list[Refusal] = []
        self._then = then

    def begin(self, size: int) -> None:
        self.size = size

    def advance(self, size: int, resources: int) -> None:
        self.done += size
        self.resources += resources
        self._then()

    def refuse(self, refusal: Refusal) -> None:
        self.refusals.append(refusal)


class GoesAway(Listener):
    """Takes the line down once, and up again as soon as the import has noticed."""

    def __init__(self, line: BadLine) -> None:
        super().__init__(self._go)
        self._line = line
        self._went = False

    def _go(self) -> None:
        if not self._went:
            self._went = True
            self._line.down()

    def note(self, text: str) -> None:
        if text:
            self._line.up()


def test_a_server_that_is_killed_and_started_again_is_waited_for(
    tmp_path: Path, synthea: Path, line: BadLine, stub: Stub
) -> None:
    report = run(synthea, line.url, tmp_path, progress=GoesAway(line))
    assert report.exit_code == 0
    assert types_of(stub) == ORACLE["resources_by_type"]


def test_a_server_that_stays_away_ends_the_import_and_the_next_one_goes_on(
    tmp_path: Path, synthea: Path, line: BadLine, stub: Stub
) -> None:
    brief = Patience(0.01, 0.01, in_all=0.1)
    report = run(synthea, line.url, tmp_path, progress=Listener(line.down), patience=brief, clients=2)
    assert report.exit_code == 2
    assert "gave up" in next(report.lines())
    line.up()
    second = run(synthea, line.url, tmp_path)
    assert second.exit_code == 0
    assert 0 < report.created == second.known < TOTAL
    assert types_of(stub) == ORACLE["resources_by_type"]


KILLED = """
import sys
from pathlib import Path
from backbone.importing.importer import import_paths
import_paths([Path(sys.argv[1])], sys.argv[2], Path(sys.argv[3]), clients=1)
"""


def test_an_import_that_is_killed_is_completed_by_the_next(
    tmp_path: Path, synthea: Path, line: BadLine, stub: Stub
) -> None:
    line.troubles.extend([None] * 5 + ["held"])
    command = [sys.executable, "-c", KILLED, str(synthea), line.url, str(tmp_path)]
    with subprocess.Popen(command) as process:
        until(line.holding.is_set, "the sixth bundle is on its way")
        until(lambda: (tmp_path / PLACE).read_bytes().count(b"\n") == 5, "five are written down")
        process.kill()
    line.let_go.set()
    with (tmp_path / PLACE).open("ab") as ledger:
        ledger.write(b'{"base":"http://127')
    report = run(synthea, line.url, tmp_path)
    assert report.exit_code == 0
    assert len(stub.bodies) == 14
    assert types_of(stub) == ORACLE["resources_by_type"]


def test_one_bad_entry_of_a_batch_is_refused_alone_and_named(tmp_path: Path, server: str, stub: Stub) -> None:
    file = tmp_path / "patients.ndjson"
    rows = [{"resourceType": "Patient", "id": f"p{n}", "gender": "female"} for n in range(5)]
    rows[3]["gender"] = "Mrs"
    file.write_text("\n".join(json.dumps(row) for row in rows) + "\nno json\n")
    report = run(file, server, tmp_path)
    assert report.exit_code == 1
    assert sorted(key.id for key in stub.resources) == ["p0", "p1", "p2", "p4"]
    assert (report.created, report.refused) == (4, 2)
    places = {(one.document, one.place, one.expression, one.status) for one in report.refusals}
    assert places == {(str(file), "line 4", "gender", 400), (str(file), "line 6", "", None)}


def test_what_was_refused_is_tried_again_and_what_was_stored_is_not_doubled(
    tmp_path: Path, server: str, stub: Stub
) -> None:
    entry = {"resource": {"resourceType": "Patient"}, "request": {"method": "POST", "url": "Patient"}}
    wrong = {**entry, "resource": {"resourceType": "Patient", "gender": "Mrs"}}
    bundle = {"resourceType": "Bundle", "type": "batch", "entry": [entry, wrong]}
    (tmp_path / "b.json").write_text(json.dumps(bundle))
    first = run(tmp_path / "b.json", server, tmp_path)
    second = run(tmp_path / "b.json", server, tmp_path)
    assert first.exit_code == second.exit_code == 1
    assert first.refusals == second.refusals
    assert stub.count("Patient") == 1


def test_a_refused_transaction_stores_nothing_and_the_others_go_on(
    tmp_path: Path, server: str, stub: Stub
) -> None:
    entry = {"resource": {"resourceType": "Patient"}, "request": {"method": "POST", "url": "Patient"}}
    wrong = {**entry, "resource": {"resourceType": "Patient", "gender": "Mrs"}}
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": [entry, wrong, entry]}
    (tmp_path / "a.json").write_text(json.dumps(bundle))
    report = run([tmp_path / "a.json", patient(tmp_path, "p")], server, tmp_path / "data")
    assert set(stub.resources) == {Key("Patient", "p")}
    assert (report.created, report.refused, report.exit_code) == (1, 3, 1)
    (one,) = report.refusals
    assert (one.place, one.request_id) == ("entry[1]", "r-1")


def test_refusals_hold_no_value_of_the_resource(tmp_path: Path, server: str) -> None:
    report = run(patient(tmp_path, "p", gender="Mrs", name=[{"text": "Trần Thị Bích"}]), server, tmp_path)
    (text,) = map(str, report.refusals)
    assert "Bích" not in text
    assert "Mrs" not in text
    assert "Bích" not in (tmp_path / PLACE).read_text()


def test_ndjson_keeps_its_ids_and_relative_references(
    tmp_path: Path, styles: Path, server: str, stub: Stub
) -> None:
    report = run(DATA / "other-styles.tar.xz", server, tmp_path)
    assert report.exit_code == 0
    assert {Path(one.document).name for one in report.skipped} == {
        "manifest.json",
        "_generator_metadata.json",
    }
    for file in styles.glob("clinosim_ndjson/*.ndjson"):
        for line in file.read_bytes().splitlines():
            sent = json.loads(line)
            assert json.loads(stub.resources[Key(sent["resourceType"], sent["id"])]) == sent


@pytest.mark.parametrize("name", ["synthea-small.tar.xz", "other-styles.tar.xz"])
def test_progress_goes_from_nothing_to_all(tmp_path: Path, server: str, name: str) -> None:
    for _ in range(2):
        listener = Listener()
        report = run(DATA / name, server, tmp_path, progress=listener)
        assert listener.done == listener.size > 0
        assert listener.resources == report.created + report.unchanged + report.known > 0


def test_refusals_are_told_as_they_come(tmp_path: Path, server: str) -> None:
    (tmp_path / "broken.json").write_text("{")
    listener = Listener()
    report = run(
        [tmp_path / "broken.json", patient(tmp_path, "p", gender="Mrs")], server, tmp_path, progress=listener
    )
    assert sorted(map(str, listener.refusals)) == sorted(map(str, report.refusals))
    assert len(listener.refusals) == 2


def test_headers_go_with_every_request(tmp_path: Path, server: str, stub: Stub) -> None:
    run(patient(tmp_path, "p"), server, tmp_path, headers={"X-EHR-Facility": "45901"})
    (sent,) = stub.headers
    assert sent["x-ehr-facility"] == "45901"
    assert sent["x-ehr-client"] == "ehr-import"
    assert sent["content-type"] == "application/fhir+json"


def test_the_same_document_twice_is_stored_once(
    tmp_path: Path, synthea: Path, server: str, stub: Stub
) -> None:
    report = run([synthea, DATA / "synthea-small.tar.xz"], server, tmp_path)
    assert report.exit_code == 0
    assert types_of(stub) == ORACLE["resources_by_type"]


@pytest.mark.parametrize("clients", [1, 16])
def test_any_number_of_clients_gives_the_same(
    tmp_path: Path, synthea: Path, server: str, stub: Stub, clients: int
) -> None:
    assert run(synthea, server, tmp_path, clients=clients).created == TOTAL
    assert types_of(stub) == ORACLE["resources_by_type"]


def test_a_missing_path_or_damaged_archive_is_told_before_anything_is_sent(
    tmp_path: Path, synthea: Path, server: str, stub: Stub
) -> None:
    damaged = tmp_path / "a.tar.xz"
    damaged.write_bytes((DATA / "synthea-small.tar.xz").read_bytes()[:-1000])
    for wrong in (damaged, tmp_path / "gone.json"):
        report = run([synthea, wrong], server, tmp_path)
        assert report.exit_code == 2
        assert next(report.lines()).startswith(f"The import could not run: {wrong}: ")
    assert stub.bodies == []


def test_without_a_server_it_cannot_run(tmp_path: Path, synthea: Path, line: BadLine) -> None:
    line.down()
    report = run(synthea, line.url, tmp_path)
    assert report.exit_code == 2
    assert "nobody answers at" in (report.failure or "")


def test_an_archive_that_breaks_meanwhile_ends_the_import_after_what_is_under_way(
    tmp_path: Path, server: str, stub: Stub
) -> None:
    archive = tmp_path / "a.tar"
    with tarfile.open(archive, "w") as tar:
        tar.add(patient(tmp_path, "Organization"), "Organization.ndjson")
        for n in range(30):
            tar.add(patient(tmp_path, f"p{n}"), f"p{n}.json")

    def cut() -> None:
        os.truncate(archive, 1024 * 20)

    report = run(archive, server, tmp_path, progress=Listener(cut))
    assert report.exit_code == 2
    assert "a.tar" in (report.failure or "")
    assert report.created == len(stub.resources) < 31

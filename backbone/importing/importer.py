"""The import: finds what paths hold, sends it with several clients, and remembers what was stored."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import httpx

from backbone.importing.answers import Delivery
from backbone.importing.delivery import TIMEOUT, CannotImport, Courier, Patience
from backbone.importing.documents import Document, Turn, Unreadable, documents, sources
from backbone.importing.ledger import Ledger
from backbone.importing.ndjson import read_ndjson
from backbone.importing.progress import NoProgress, Progress
from backbone.importing.refusals import Refusal, Skipped
from backbone.importing.report import ImportReport
from backbone.importing.submissions import Found, Submission, read_json

CLIENT = "ehr-import"
"""The server keeps Idempotency-Keys for each client: an import has to call itself the same every time."""


class _Survey(NamedTuple):
    """What there is to send: how many documents of each source have their turn when, and bytes in all."""

    size: int
    turns: dict[Path, Counter[Turn]]
    skipped: list[Skipped]


def import_paths(
    paths: Sequence[Path],
    base_url: str,
    data_directory: Path,
    *,
    clients: int = 4,
    progress: Progress | None = None,
    headers: Mapping[str, str] | None = None,
    again: bool = False,
    patience: Patience | None = None,
) -> ImportReport:
    """Sends the FHIR that `paths` hold to the server at `base_url` (its FHIR base is ``base_url/fhir``).

    clients: requests under way at once; up to twice as many bundles are in memory. headers: sent with every
    request. again: also what the ledger in `data_directory` says was stored before. Never raises for what is
    wrong with paths, server or resources: the report says it.
    """
    report = ImportReport(again=again)
    base = base_url.rstrip("/") + "/fhir"
    try:
        survey = _survey(paths)
        report.skipped += survey.skipped
        with Ledger(data_directory, base) as ledger, _http(clients, headers) as client:
            courier = Courier(client, base, progress or NoProgress(), patience or Patience())
            courier.check()
            run = _Run(courier, ledger, report, progress or NoProgress(), again=again)
            run.send_all(survey, clients)
    except (CannotImport, Unreadable, OSError) as error:
        report.failure = str(error)
    except KeyboardInterrupt:
        report.failure = "it was interrupted; the next one goes on from there"
    return report


def _http(clients: int, headers: Mapping[str, str] | None) -> httpx.Client:
    sent = {
        "Content-Type": "application/fhir+json",
        "Accept": "application/fhir+json",
        "Prefer": "return=minimal",
        "X-EHR-Client": CLIENT,
        **(headers or {}),
    }
    limits = httpx.Limits(max_connections=clients, max_keepalive_connections=clients)
    return httpx.Client(headers=sent, timeout=TIMEOUT, limits=limits, trust_env=False)


def _survey(paths: Sequence[Path]) -> _Survey:
    """Reads every archive to its end, so that one that is damaged is known before anything is sent."""
    size, turns, skipped = 0, {}, []
    for source in sources(paths):
        turns[source] = Counter[Turn]()
        for document in documents(source):
            if document.readable:
                size += document.size
                turns[source][document.turn] += 1
            else:
                skipped.append(Skipped(document.name, "its name ends neither in .json nor in .ndjson"))
    return _Survey(size, turns, skipped)


def _documents(survey: _Survey, turn: Turn) -> Iterator[Document]:
    """The documents that have their turn. An archive is read no further than the last of them."""
    for source, turns in survey.turns.items():
        theirs = (found for found in documents(source) if found.readable and found.turn == turn)
        yield from islice(theirs, turns[turn])


def _found(survey: _Survey, turn: Turn) -> Iterator[Found]:
    for document in _documents(survey, turn):
        yield from read_ndjson(document) if document.path.suffix == ".ndjson" else read_json(document)


class _Run:
    """One import under way. All but the delivery itself happens in the thread that started it."""

    def __init__(
        self, courier: Courier, ledger: Ledger, report: ImportReport, progress: Progress, *, again: bool
    ) -> None:
        self._courier = courier
        self._ledger = ledger
        self._report = report
        self._progress = progress
        self._again = again
        self._failure: CannotImport | Unreadable | None = None
        self._left = 0

    def send_all(self, survey: _Survey, clients: int) -> None:
        """Raises CannotImport or Unreadable, but only when the deliveries under way are over and kept."""
        self._progress.begin(survey.size)
        self._left = survey.size
        with ThreadPoolExecutor(clients, "import") as threads:
            try:
                for turn in Turn:
                    self._send(threads, _found(survey, turn), 2 * clients)
            finally:
                self._courier.stop()
        self._advance(self._left, 0)  # Blank lines, and files that are no FHIR.

    def _send(self, threads: ThreadPoolExecutor, found: Iterator[Found], most: int) -> None:
        """Sends all that was found, with at most `most` submissions taken ahead."""
        pending: set[Future[Delivery]] = set()
        for submission in self._wanted(found):
            pending.add(threads.submit(self._courier.deliver, submission))
            if len(pending) >= most:
                pending = self._keep_done(pending)
        while pending:
            pending = self._keep_done(pending)
        if self._failure:
            raise self._failure

    def _keep_done(self, pending: set[Future[Delivery]]) -> set[Future[Delivery]]:
        """Waits for the next deliveries to end; those that still go on."""
        done, pending = wait(pending, return_when=FIRST_COMPLETED)
        for future in done:
            try:
                self._keep(future.result())
            except CannotImport as failure:
                self._failure = self._failure or failure
                self._courier.stop()
        return pending

    def _wanted(self, found: Iterator[Found]) -> Iterator[Submission]:
        """What is to be sent; all else is told to the report."""
        for one in self._until_failure(found):
            if isinstance(one, Refusal):
                self._report.add_unsent(one)
                self._progress.refuse(one)
            elif isinstance(one, Skipped):
                self._report.skipped.append(one)
            elif one.key in self._ledger and not self._again:
                self._report.add_known(one)
                self._advance(one.size, one.resources)
            else:
                yield one

    def _until_failure(self, found: Iterator[Found]) -> Iterator[Found]:
        """Ends early when a delivery fails for good, or when reading on does."""
        try:
            while not self._failure:
                yield next(found)
        except StopIteration:
            return
        except Unreadable as failure:
            self._failure = failure

    def _keep(self, delivery: Delivery) -> None:
        """What was refused in part is not written down: the next import sends it again under the same key."""
        if not delivery.refusals:
            self._ledger.add(delivery.submission.key, delivery.submission.resources)
        self._report.add(delivery)
        for refusal in delivery.refusals:
            self._progress.refuse(refusal)
        self._advance(delivery.submission.size, delivery.created + delivery.unchanged)

    def _advance(self, size: int, resources: int) -> None:
        self._left -= size
        self._progress.advance(size, resources)

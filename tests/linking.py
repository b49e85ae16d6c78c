"""The linking process in tests: on a real record, beside projectors of the views that it reads."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from typing import Any, TypeVar

from ehr.event_store.connections import connect
from ehr.event_store.store import PostgresRecorder
from ehr.facts import LinkDoubted, LinkProposed, PairFact, RecordsLinked
from ehr.health_record import HealthRecord, Judged
from ehr.linking import Judgement
from ehr.matching.captured import CAPTURED, TYPED
from projections.database import ViewDatabase
from projections.generations import ensure_generation
from projections.linking.linker import Linker
from projections.linking.post import Post
from projections.linking.running import run_linking
from projections.links.view import Links
from projections.matching.view import Matching
from streams.notification_log import NotificationLog
from tests.backbone.waiting import until
from tests.fhir_api.running import projecting
from tests.pairing import recorded
from tests.projections.citizens.people import SID, patient
from tests.stating import request, state_all, update, value

Json = dict[str, Any]
Result = TypeVar("Result")
Judging = Callable[[HealthRecord], HealthRecord]


def copy(
    id_: str, name: str = "Hồ Thị Mẫu", cccd: str = "045190000017", captured: str = "qr", **more: Any
) -> Json:
    """A Patient as some facility writes her; cccd: "" for none. captured: how it came by the number."""
    extension = [] if captured == TYPED else [{"url": CAPTURED, "valueCode": captured}]
    number = {"system": f"{SID}/national_id", "value": cccd, "extension": extension}
    if not extension:
        del number["extension"]
    said = {"gender": "female", "birthDate": "1990-05-04", "identifier": [number] if cccd else []}
    return patient(id_, name, **said | more)


def insured(id_: str, cccd: str = "") -> Json:
    """The same with an insurance number that all of them share."""
    one = copy(id_, cccd=cccd)
    scanned = [{"url": CAPTURED, "valueCode": "qr"}]
    number = {"system": f"{SID}/insurance_number", "value": "4500000017", "extension": scanned}
    return one | {"identifier": [*one.get("identifier", ()), number]}


def register(url: str, *resources: Json) -> None:
    """Each as a request of its own, one after the other; of a Patient that is there an amendment."""
    for resource in resources:
        state_all(url, request(update(resource)))


def prepared(url: str) -> str:
    """The same database, with the views from which is judged."""
    with connect(url) as connection:
        for view in (Links(), Matching()):
            ensure_generation(connection, view)
    return url


@contextmanager
def shown(url: str) -> Iterator[None]:
    """Both views follow the record."""
    with projecting(url, Links()), projecting(url, Matching()):
        yield


@contextmanager
def linking(url: str, processes: int = 1) -> Iterator[None]:
    """So many processes beside each other, in threads."""
    stopped = threading.Event()
    with ExitStack() as stack:
        for _ in range(processes):
            log = stack.enter_context(closing(NotificationLog(url)))
            thread = threading.Thread(target=run_linking, args=(log, url, stopped.is_set), daemon=True)
            stack.callback(thread.join)
            thread.start()
        stack.callback(stopped.set)
        yield


def settle(url: str) -> None:
    """Waits until everybody was judged."""
    until(lambda: value(url, "select position from views.linking") == end_of(url), "everybody judged")


def end_of(url: str) -> int:
    """The record's last position."""
    return int(value(url, "select coalesce(max(notification_id), 0) from record.facts"))


def link_all(url: str) -> None:
    """Judges everybody."""
    with shown(url), linking(url):
        settle(url)


def on_linker(
    url: str, work: Callable[[Linker], Awaitable[Result]], judging: Judging = lambda record: record
) -> Result:
    """What ``work`` gives on a linker that holds no lease. judging: what stands before the record's door."""

    async def run() -> Result:
        views = ViewDatabase(url)
        await views.open()
        try:
            async with PostgresRecorder(url) as recorder:
                with closing(NotificationLog(url)) as log, closing(Post(url)) as post:
                    record = judging(HealthRecord(recorder))
                    return await work(Linker(log, post, views, record, lambda: False))
        finally:
            await views.close()

    return asyncio.run(run())


class Killed(BaseException):
    """As if the process were gone."""


class Mortal(HealthRecord):
    """A record's door at which whoever judges is killed. dies: asked at each judgement. stores: whether it
    was stored before."""

    def __init__(self, dies: Callable[[], bool], stores: Callable[[], bool], record: HealthRecord) -> None:
        super().__init__(record._recorder)
        self._dies, self._stores = dies, stores

    async def judge(self, judgement: Judgement) -> Judged:
        """Raises Killed, before or after."""
        if not self._dies():
            return await super().judge(judgement)
        if self._stores():
            await super().judge(judgement)
        raise Killed


async def to_the_end(linker: Linker) -> None:
    """Until the log ends."""
    while await linker.step():
        pass


def stated(url: str) -> list[tuple[str, str]]:
    """What was stated about pairs, in order: a letter (l, p, d; else the fact's name) and both ids."""
    letters = {RecordsLinked.name: "l", LinkProposed.name: "p", LinkDoubted.name: "d"}
    return [
        (letters.get(fact.name, fact.name), "-".join(sorted((fact.patient, fact.other_patient))))
        for one in recorded(url)
        if isinstance(fact := one.fact, PairFact)
    ]

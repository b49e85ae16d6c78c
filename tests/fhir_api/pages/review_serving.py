"""The review over a real record with its views, and a small place where people were registered twice."""

import re
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from html import unescape
from typing import Any, NamedTuple

import httpx

from ehr.event_store.connections import connect_async
from ehr.event_store.store import PostgresRecorder
from ehr.facts import Evidence
from ehr.health_record import HealthRecord, Judged
from ehr.linking import Act, Judgement, pair_of
from ehr.matching.captured import CAPTURED
from ehr.requests import Change
from ehr.systems import INSURANCE_NUMBER, NATIONAL_ID
from ehr.values import Actor
from fhir_api.pages.routes import pages
from fhir_api.services import Services
from projections.carrying import run_projectors
from projections.citizens.view import Citizens
from projections.facilities.view import Facilities
from projections.fhir_resources.view import FhirResources
from projections.health_record.view import HealthRecord as HealthRecords
from projections.links.view import Links
from projections.matching.view import Matching
from projections.projector import Projector
from projections.standing import facts_missing
from projections.view import View
from streams.notification_log import NotificationLog
from tests.fhir_api.running import app_of, prepare, services_of
from tests.projections.citizens.people import encounter, organization, patient
from tests.projections.citizens.stating import Record, delete, follow, put, run
from tests.serving import served

Json = dict[str, Any]
RULE = "7 0a1b2c3d"
HOSTILE = '<img src=x onerror="document.title=1">'
LAP = ("19435", "Xã Hướng Lập")
PHUNG = ("19441", "Xã Hướng Phùng")
NAME = Evidence("name", "exact", 10.9)
BIRTH = Evidence("birth", "exact", 14.1)
TYPED = Evidence("personal_number", "typed", 18.9)


def views() -> list[View]:
    """All that the pages read."""
    return [Links(), FhirResources(), Citizens(), Facilities(), HealthRecords(), Matching()]


def number(value: str, captured: str | None = None, system: str = NATIONAL_ID) -> Json:
    """An Identifier. captured: how it was obtained; None where nobody says."""
    said = {"extension": [{"url": CAPTURED, "valueCode": captured}]} if captured else {}
    return {"system": system, "value": value, **said}


def person(id_: str, name: str, birth: str, *numbers: Json, **more: Any) -> Json:
    """A Patient with numbers; ``commune`` is (code, name), ``phone`` a number, the rest are elements."""
    phone = more.pop("phone", None)
    telecom = {"telecom": [{"system": "phone", "value": phone}]} if phone else {}
    identifiers = {"identifier": list(numbers)} if numbers else {}
    return patient(id_, name, birth, **{"gender": "male"} | more | telecom | identifiers)


PLACES = [
    organization("o1", "45901", "Trạm Y tế xã Hướng Lập", LAP),
    organization("o2", "45902", "Trung tâm Y tế khu vực Hướng Hóa", PHUNG),
]
MOTHER = {
    "relationship": [
        {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v3-RoleCode", "code": "MTH"}]}
    ],
    "name": {"text": "Hồ Thị Mẫu"},
}
AT_STATION = [
    person(
        "binh-1", "Hồ Văn Thử", "1990-05-15", number("045090000017"), commune=LAP, phone="0900000017",
        contact=[MOTHER],
    ),
    person("lan-1", "Nguyễn Thị Mẫu", "1962", number("4520000017", system=INSURANCE_NUMBER), gender="female",
           commune=LAP),
    person("nam-1", "Trần Văn Nam", "2015-03-02", commune=LAP, phone="0900000018"),
    person("hostile-1", f"Hồ {HOSTILE}", "1980", number(f"<b>{'4' * 9}</b>"), commune=("19435", "<i>Xã</i>")),
]  # fmt: skip
AT_HOSPITAL = [
    person(
        "binh-2", "Ho Van Thu", "1990-05-15", number("045090000017", "qr"),
        number("4590000017", "qr", INSURANCE_NUMBER), commune=LAP, phone="0900000019",
    ),
    person("lan-2", "Nguyễn Thị Mẫn", "1962-07-01", number("4520000071", system=INSURANCE_NUMBER),
           gender="female", commune=PHUNG),
    person("nam-2", "Trần Văn Lam", "2015-03-02", commune=LAP, phone="0900000018"),
    person("hostile-2", f"Hồ {HOSTILE}", "1980", number("045080000018"), commune=("19435", "<i>Xã</i>")),
]  # fmt: skip
"""The same people as another facility knows them; Nam and Lam are brothers."""


@dataclass(frozen=True)
class Site:
    """The pages, served. address: of their root. url: of the database."""

    address: str
    url: str
    services: Services

    def judge(self, act: Act, one: str, other: str, *evidence: Evidence, **changes: Any) -> Judged:
        """What becomes of a judgement, once the views show it."""
        judged = judge(self.url, act, one, other, *evidence, **changes)
        self.wait()
        return judged

    def propose(self, one: str, other: str, *evidence: Evidence) -> None:
        """As the rules would."""
        propose(self.url, one, other, *evidence)
        self.wait()

    def state(self, *resources: Json, **by: str) -> None:
        """Registers, or amends; the views show it."""
        state(self.url, *resources, **by)
        self.wait()

    def delete(self, type_: str, id_: str) -> None:
        """Takes a resource back."""
        run(_stated(self.url, delete(type_, id_)))
        self.wait()

    def wait(self) -> None:
        """Until every view shows the record's end."""

        async def work() -> list[int]:
            async with await connect_async(self.url) as connection:
                return [await facts_missing(connection, view.name, patience=60) for view in views()]

        assert not any(run(work()))


@contextmanager
def projecting_all(url: str) -> Iterator[None]:
    """Projectors of all views, in a thread."""
    stopped = threading.Event()
    log = NotificationLog(url)
    projectors = [Projector(view, log, url) for view in views()]
    thread = threading.Thread(
        target=run_projectors, args=(projectors, log, stopped.is_set, 0.05), daemon=True
    )
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join()
        for projector in projectors:
            projector.close()
        log.close()


@contextmanager
def reviewing(url: str) -> Iterator[Site]:
    """The pages of an empty record with the facilities of the place, and their projectors."""
    prepare(url)
    state(url, *PLACES)
    follow(url, *views())
    with projecting_all(url), paging(url) as (address, services):
        yield Site(address, url, services)


@contextmanager
def paging(url: str) -> Iterator[tuple[str, Services]]:
    """The address of the pages over a database, and what serves them."""
    services = services_of(url)
    with served(app_of(services, [pages()])) as address:
        yield address, services


def state(url: str, *resources: Json, facility: str = "45901", at: str = "2026-10-05T01:00:00.000Z") -> None:
    """Registers, or amends, by a facility."""

    run(_stated(url, *(put(one, n) for n, one in enumerate(resources)), facility=facility, at=at))


async def _stated(url: str, *changes: Change, **by: str) -> None:
    async with Record(url) as record:
        await record.state(*changes, **by)


def judge(url: str, act: Act, one: str, other: str, *evidence: Evidence, **changes: Any) -> Judged:
    """What becomes of a judgement; by a person unless a rule is named."""
    wish = Judgement(
        act, pair_of(one, other), Actor("test", "Lan", "45902"), "2026-11-26T01:00:00.000Z", evidence
    )._replace(**changes)

    async def work() -> Judged:
        async with PostgresRecorder(url) as recorder:
            return await HealthRecord(recorder).judge(wish)

    return run(work())


def propose(url: str, one: str, other: str, *evidence: Evidence) -> None:
    """As the rules would."""
    actor = Actor("ehr link")
    judge(url, Act.PROPOSE, one, other, *evidence, rule=RULE, actor=actor)


def settle(site: Site) -> None:
    """Registers everybody of the place twice, and proposes the pairs."""
    url = site.url
    state(url, *AT_STATION)
    state(url, *AT_HOSPITAL, facility="45902", at="2026-11-02T02:30:00.000Z")
    state(url, encounter("v1", "binh-1", "2026-10-01T08:00:00+07:00"))
    propose(url, "nam-1", "nam-2", Evidence("name", "given_misspelt", 5.2), BIRTH)
    propose(url, "lan-1", "lan-2", Evidence("name", "given_misspelt", 5.2), Evidence("birth", "year", 6.2),
            Evidence("insurance_number", "near", 11.2))  # fmt: skip
    propose(url, "hostile-1", "hostile-2", NAME)
    site.propose("binh-1", "binh-2", Evidence("name", "plain", 10.9), BIRTH, TYPED)


class Twins(NamedTuple):
    """Ids of two Patients who may be one person."""

    one: str
    other: str

    @property
    def address(self) -> str:
        """Of their page."""
        return f"/review/{self.one}/{self.other}"


def twins_in(site: Site) -> Twins:
    """Two more Patients like those of Bình, proposed, about whom nobody else decides."""
    mark = secrets.token_hex(4)
    twins = Twins(f"one-{mark}", f"other-{mark}")
    site.state({**AT_STATION[0], "id": twins.one})
    site.state({**AT_HOSPITAL[0], "id": twins.other}, facility="45902", at="2026-11-02T02:30:00.000Z")
    site.propose(*twins, Evidence("name", "plain", 10.9), BIRTH, TYPED)
    return twins


@contextmanager
def client_of(site: Site) -> Iterator[httpx.Client]:
    """A client without script; its next request finds what it has sent."""

    def wait(answer: httpx.Response) -> None:
        if answer.request.method == "POST":
            site.wait()

    with httpx.Client(base_url=site.address, event_hooks={"response": [wait]}) as client:
        yield client


def shown(answer: httpx.Response) -> str:
    """What stands on the page, in one line."""
    body = re.sub(r"</?mark>", "", answer.text.partition("<main")[2])
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


def pairs_on(answer: httpx.Response) -> list[str]:
    """Addresses of pairs, in order."""
    return re.findall(r'<a href="(/review/[^"/]+/[^"/]+)"', answer.text.partition("<main")[2])

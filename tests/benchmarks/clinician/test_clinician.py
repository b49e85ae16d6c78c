"""The clinician's benchmark fills charts that are full, goes its journey, and opens every page."""

import asyncio
from collections.abc import Iterator

import httpx
import pytest

from benchmarks.clinician import charts, journey, pages
from benchmarks.clinician.__main__ import journey_lines, page_lines
from benchmarks.clinician.charts import COURSES, course_of, courses, facts_of
from benchmarks.clinician.filling import fill_charts
from benchmarks.clinician.journey import LEAST, MOST, STEPS, thought
from benchmarks.clinician.pages import Page, People
from benchmarks.load import Outcome
from benchmarks.lookup.filling import Share, fill, tidy
from benchmarks.lookup.people import citizens
from ehr.event_store.connections import connect
from ehr.facts import Evidence
from fhir_api.pages.routes import pages as all_pages
from projections.citizens.view import Citizens
from projections.facilities.view import Facilities
from projections.health_record.view import HealthRecord
from simulation.chance import chance_of
from tests.fhir_api.pages.review_serving import projecting_all, propose, views
from tests.fhir_api.running import FHIR_JSON, app_of, prepare, services_of
from tests.projections.citizens.people import patient
from tests.serving import served

NUMBER, EVERY = 60, 20
PEOPLE = list(citizens(1, NUMBER))
FULL = PEOPLE[::EVERY]


@pytest.fixture(scope="module", autouse=True)
def _fewer() -> Iterator[None]:
    """A smaller province to tell of."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(charts, "PEOPLE", 20)
        courses.cache_clear()
        yield
    courses.cache_clear()


@pytest.fixture(scope="module")
def address(module_database: str) -> Iterator[str]:
    """Of a server over views that were filled."""
    prepare(module_database, *views())
    fill(module_database, 1, NUMBER, (Citizens(), HealthRecord()))
    for view in (HealthRecord(), Facilities()):
        assert fill_charts(EVERY, Share(module_database, view, True, 1, 0, NUMBER)) == NUMBER
    tidy(module_database)
    app = app_of(services_of(module_database), [all_pages()])
    with projecting_all(module_database), served(app) as address:
        for id_ in ("one", "other"):
            text = patient(id_, "Hồ Văn Thử", "1990-05-15")
            httpx.put(f"{address}/fhir/Patient/{id_}", json=text, headers=FHIR_JSON).raise_for_status()
        propose(module_database, "one", "other", Evidence("name", "exact", 10.9))
        yield address


def test_a_full_chart_tells_of_many_visits_of_one_person() -> None:
    facts = list(facts_of(40))
    texts = [resource.body.decode() for fact in facts for resource in fact.resources]
    assert len(facts) == len(course_of(40)) > 5
    assert len({fact.stream for fact in facts}) == len({fact.position for fact in facts}) == len(facts)
    assert len({fact.subject for fact in facts}) == 1
    assert len(texts) > 50
    assert not [text for text in texts if "WHOM" in text or "urn:uuid" in text or "Patient?" in text]
    assert any('"Patient/c40"' in text for text in texts)


def test_others_are_told_the_same_under_other_ids() -> None:
    assert len(courses()) <= COURSES
    ids = [
        {f"{one.version.type}/{one.version.id}" for fact in facts_of(index) for one in fact.resources}
        for index in (20, 40)
    ]
    assert not ids[0] & ids[1]
    assert {fact.position for fact in facts_of(20)}.isdisjoint(fact.position for fact in facts_of(40))


def test_the_journey_takes_the_time_of_every_step(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journey, "MOST", 0.0)
    took = asyncio.run(journey.measure(address, 1, FULL, users=2, journeys=2))
    assert {step: len(seconds) for step, seconds in took.items()} == dict.fromkeys(STEPS, 4)
    assert all(seconds > 0 for found in took.values() for seconds in found)


def test_every_page_is_opened(address: str, module_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "WARM", 0)
    monkeypatch.setattr(pages, "MONTHS", 24)
    recorded = asyncio.run(pages.record(f"{address}/fhir", 1, 6))
    with connect(module_database) as connection:
        (end,) = connection.execute("select max(notification_id) from record.facts").fetchone() or (0,)
    people = People(PEOPLE, FULL, recorded, range(end, end + 1))
    measured = asyncio.run(pages.measure(address, 1, people, 1))
    assert len({page.name for page in measured}) == len(measured) > 20
    assert {page.name: page.size for page in measured if page.size < 300} == {}


def test_who_thinks_does_so_mostly_for_a_short_while() -> None:
    chance = chance_of(1, "thinking")
    times = [thought(chance) for _ in range(2_000)]
    assert min(times) >= LEAST
    assert max(times) == MOST
    assert sorted(times)[1_000] < 2 * LEAST


def test_what_misses_its_bar_says_so() -> None:
    slow, quick = Outcome(latencies=[0.1]), Outcome(latencies=[0.001])
    lines = list(page_lines([Page("chart", slow, 20_000), Page("/", quick, 9_000)]))
    assert lines[2:] == ["| chart | 100.0 | 100.0 | 50 (missed) | 20.0 |", "| / | 1.0 | 1.0 | 50 | 9.0 |"]
    told = list(journey_lines({step: [0.004] for step in STEPS}))
    assert told[2] == "| search by identifier | 4.0 | 3 (missed) | 4.0 |  |"
    assert "missed" not in told[3]

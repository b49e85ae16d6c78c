"""What a chart says about visits and results that were recorded late."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from projections.health_record.view import HealthRecord
from projections.links.view import Links
from tests.fhir_api.pages.chart_citizens import HOSPITAL, STATION, Json, encounter, glucose, patient
from tests.fhir_api.pages.chart_serving import chart_app
from tests.projections.citizens.stating import Record, follow, put, run
from tests.serving import served

MEANING = "khi hồ sơ này nhận được thông tin, cơ sở khác đã khám người bệnh lần sau"
WHO = patient("who", name=[{"text": "Hồ Thị Muộn"}], birthDate="1990")
SENT: list[tuple[str, str, list[Json]]] = [
    ("45901", "2026-10-01T01:00:00.000Z", [STATION, HOSPITAL, WHO]),
    ("45901", "2026-10-01T01:01:00.000Z", [encounter("old", "who", "2019-05-02", "station", "Ngã xe")]),
    ("45902", "2026-10-03T02:00:00.000Z", [encounter("e2", "who", "2026-10-03", "hospital", "Sốt cao")]),
    ("45901", "2026-10-05T02:00:00.000Z", [encounter("e1", "who", "2026-10-01", "station", "Sốt")]),
    ("45901", "2026-10-06T02:00:00.000Z", [encounter("e3", "who", "2026-10-06", "station", "Tái khám")]),
    ("45901", "2026-10-09T02:00:00.000Z", [glucose("g3", "who", "e3", "2026-10-06T09:00:00+07:00", 9.1)]),
]
"""Facility, time of recording, resources: one transaction each, in order."""


@pytest.fixture(scope="module")
def address(module_database: str) -> Iterator[str]:
    async def state() -> None:
        async with Record(module_database) as record:
            for facility, at, resources in SENT:
                changes = [put(resource, index) for index, resource in enumerate(resources)]
                await record.state(*changes, facility=facility, at=at)

    run(state())
    follow(module_database, HealthRecord(), Links())
    with served(chart_app(module_database)) as address:
        yield address


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    page = browser.new_page(base_url=address, viewport={"width": 1280, "height": 900})
    yield page
    page.close()


def test_a_visit_that_others_could_not_know_is_marked(page: Page) -> None:
    page.goto("/citizens/who")
    marks = page.locator("#visits .mark.late")
    expect(marks).to_have_text(["ghi nhận muộn, 05/10/2026 09:00"])
    expect(page.locator("#visit-e1 .head")).to_contain_text("01/10/2026")
    expect(page.locator("#visit-e1 .mark.late")).to_be_visible()
    expect(page.locator("#visits > .quiet")).to_contain_text(MEANING)


def test_history_is_told_quietly_and_what_is_prompt_not_at_all(page: Page) -> None:
    page.goto("/citizens/who")
    quiet = page.locator("#visit-old .recorded")
    expect(quiet).to_have_text("nhập từ hồ sơ cũ, ghi nhận 01/10/2026")
    expect(page.locator("#visit-old .head")).to_contain_text("02/05/2019")
    assert page.locator("#visit-e2 .recorded, #visit-e3 .recorded").count() == 0


def test_a_result_that_came_after_its_visit_says_so(page: Page) -> None:
    page.goto("/citizens/who/encounters/e3")
    row = page.locator("table.entries tr").filter(has_text="Glucose máu")
    expect(row.locator(".recorded")).to_have_text("ghi nhận 09/10/2026 09:00")


def test_nothing_is_explained_where_nothing_is_marked(page: Page) -> None:
    page.goto("/citizens/who/panels/visits?facility=none&from=1")
    expect(page.locator("#visits .timeline > li")).to_have_count(3)
    page.goto("/citizens/who/panels/visits?from=3")
    expect(page.locator("#visits .timeline > li")).to_have_count(1)
    expect(page.locator("#visits")).not_to_contain_text(MEANING)


def test_in_english(page: Page) -> None:
    page.goto("/citizens/who?lang=en")
    expect(page.locator("#visits .mark.late")).to_have_text("recorded late, 05/10/2026 09:00")
    expect(page.locator("#visit-old .recorded")).to_have_text("from older records, recorded 01/10/2026")

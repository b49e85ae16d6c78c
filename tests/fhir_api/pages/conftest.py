"""The pages over a small place, served to a real browser."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page

from projections.citizens.view import Citizens
from projections.facilities.view import Facilities
from projections.health_record.view import HealthRecord
from projections.links.view import Links
from tests.fhir_api.pages.chart_serving import chart_app
from tests.projections.citizens.people import encounter, organization, patient
from tests.projections.citizens.stating import Record, follow, put, run
from tests.serving import served

LAP = ("19435", "Xã Hướng Lập")
PHUNG = ("19441", "Xã Hướng Phùng")
HOSTILE = '<img src=x onerror="document.title=1">'

PLACE: list[dict[str, Any]] = [
    organization("o1", "45901", "Trạm Y tế xã Hướng Lập", LAP),
    organization("o2", "45902", "Trung tâm Y tế khu vực Hướng Hóa", PHUNG),
    patient("hoa", "Nguyễn Thị Hoa", "1990-05-15", cccd="045190000017", commune=LAP, gender="female"),
    patient("hoa-1962", "Nguyễn Thị Hoa", "1962", commune=PHUNG, gender="female"),
    patient("hoa-dead", "Nguyễn Thị Hoa", "1931-02", deceasedDateTime="2025-03-05", gender="female"),
    patient("hoang", "Nguyễn Thị Hoàng", "1988-07-01", gender="female"),
    patient("married") | {"name": [{"text": "Trần Thị Mai"}, {"use": "old", "text": "Trần Thị Mão"}]},
    patient("hostile", f"Hồ {HOSTILE}", "1980", commune=("19435", "<b>Xã</b>"), gender="male"),
    patient("nameless", None, None, cccd="045090000099", active=False),
    *(patient(f"crowd-{number}", "Hồ Thị Đông", f"{1920 + number}", commune=PHUNG) for number in range(60)),
]
VISITS = (
    ("45902", encounter("v1", "hoa", "2026-10-01T08:00:00+07:00")),
    ("45901", encounter("v2", "hoa-1962", "2026-10")),
    (None, encounter("v3", "hostile", "2026-10-03", serviceProvider={"display": "<i>Khoa</i>"})),
)


@pytest.fixture(scope="module")
def site(module_database: str) -> Iterator[str]:
    """The address of the pages over PLACE and VISITS."""

    async def state() -> None:
        async with Record(module_database) as record:
            await record.state(*(put(one, index) for index, one in enumerate(PLACE)), facility="45901")
            for facility, visit in VISITS:
                await record.state(put(visit), facility=facility)

    run(state())
    follow(module_database, Citizens(), Facilities(), HealthRecord(), Links())
    with served(chart_app(module_database)) as address:
        yield address


@pytest.fixture
def client(site: str) -> Iterator[httpx.Client]:
    """A client without a browser's habits: no script, no following of redirects."""
    with httpx.Client(base_url=site) as client:
        yield client


@pytest.fixture
def complaints() -> list[str]:
    """What the browser's console says; a test that expects something takes it out."""
    return []


@pytest.fixture
def page(site: str, browser: Browser, complaints: list[str]) -> Iterator[Page]:
    """A fresh browser on the first page; the test fails when the page complains."""
    context = browser.new_context(base_url=site, viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto("/")
    yield page
    context.close()
    assert complaints == []

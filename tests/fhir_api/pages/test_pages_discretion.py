"""Nothing of a person is in a log or in an address, whatever a clinician does on the pages.

docs/security.md
"""

import io
import re
from collections.abc import Iterator
from urllib.parse import unquote_plus

import pytest
from playwright.sync_api import Browser, Page, expect

from backbone.embedded_postgres import EmbeddedPostgres
from tests.fhir_api.pages.chart_citizens import glucose
from tests.fhir_api.pages.review_serving import Site, number, person
from tests.fhir_api.pages.ward import open_ward, prepared
from tests.fhir_api.test_discretion import said

NAME, NUMBER = "Chim Hoàng Yến", "001099777001"
STREET, NOTE, REASON, WRITER = "Ngõ Sơn Ca", "Dặn kiêng thịt bồ câu", "Nhầm đà điểu", "ĐD Họa Mi"
CANARIES = [*map(str.lower, NAME.split()), NUMBER, "sơn ca", "bồ câu", "đà điểu", "họa mi", "tám phẩy"]
RESULT = glucose("yen-g", "yen", "yen-e", "2026-10-01T08:00:00+07:00", 7.1)


@pytest.fixture
def ward(database: str, output: io.StringIO) -> Iterator[Site]:
    with prepared(database), open_ward(database) as site:
        address = [{"text": f"12 {STREET}", "line": [f"12 {STREET}"]}]
        site.state(person("yen", NAME, "1990-05-15", number(NUMBER), address=address), RESULT)
        site.wait()
        yield site


def look_up(page: Page, text: str) -> None:
    page.goto("/")
    page.locator("#search").fill(text)
    page.locator("#search").press("Enter")
    expect(page.get_by_role("link", name=NAME)).to_be_visible()


def correct(page: Page, value: str, status: int) -> None:
    page.get_by_label("Giá trị (mmol/L)").fill(value)
    page.get_by_label("Lý do sửa").fill(REASON)
    page.get_by_label("Người ghi").fill(WRITER)
    with page.expect_response(re.compile("/correction$")) as answer:
        page.get_by_role("button", name="Lưu phần sửa").click()
    assert answer.value.status == status


def write_note(page: Page) -> None:
    page.locator("#notes summary").click()
    page.locator("#note").fill(NOTE)
    page.locator("#notes [name=by]").fill(WRITER)
    page.locator("#notes button").click()
    expect(page.locator("#notes .said").first).to_have_text(NOTE)


def work(page: Page, ward: Site) -> None:
    """What a clinician does with a person, with and without success."""
    for text in (NUMBER, "chim hoang yen", NAME):
        look_up(page, text)
    page.get_by_role("link", name=NAME).click()
    write_note(page)
    page.goto("/resources/Observation/yen-g/correction")
    correct(page, "tám phẩy", 422)
    ward.state(RESULT | {"effectiveDateTime": "2026-10-02"})
    correct(page, "8,1", 412)
    page.goto("/citizens/yen/summary")
    expect(page.locator("tfoot")).to_contain_text(WRITER)
    assert page.request.get("/citizens/yen/summary.pdf").ok


def test_logs_and_addresses_are_discreet(
    browser: Browser, ward: Site, output: io.StringIO, postgres: EmbeddedPostgres
) -> None:
    heard: list[str] = []
    context = browser.new_context(base_url=ward.address)
    page = context.new_page()
    page.on("request", lambda one: heard.extend([one.url, one.headers.get("referer", "")]))
    work(page, ward)
    context.close()
    logged = said(output, postgres)
    assert f"{ward.address}/lookup" in heard
    assert logged
    told = [unquote_plus(text).lower() for text in (*heard, logged)]
    assert [(canary, text) for text in told for canary in CANARIES if canary in text] == []

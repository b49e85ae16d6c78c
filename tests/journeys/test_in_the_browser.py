"""Ways that lead through several pages, in a real browser: each as a clinician goes it."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from ehr.facts import Evidence
from tests.fhir_api.pages.chart_citizens import HOSPITAL, STATION, condition, encounter, full_life
from tests.fhir_api.pages.chart_citizens import patient as bare_patient
from tests.fhir_api.pages.review_serving import LAP, PHUNG, Site
from tests.fhir_api.pages.ward import facts, open_ward, person, prepared
from tests.journeys.doctor import before
from tests.projections.citizens.people import encounter as visit
from tests.projections.citizens.people import patient

CARD = "045052000017||Hồ Văn Thử|01011952|Nam|Thôn Cuôi, Hướng Lập, Hướng Hóa, Quảng Trị|01072021"
NAMESAKES = [
    patient("hoa-1990", "Nguyễn Thị Hoa", "1990-05-15", commune=LAP, gender="female"),
    patient("hoa-1962", "Nguyễn Thị Hoa", "1962", commune=PHUNG, gender="female"),
    patient("hoa-he", "Nguyễn Thị Hoa", "1962-03", commune=LAP, gender="male"),
    visit("v-1990", "hoa-1990", "2026-10-01T08:00:00+07:00"),
    visit("v-1962", "hoa-1962", "2026-09-01T08:00:00+07:00"),
]
TWIN = [
    bare_patient("twin", name=[{"text": "Hồ Văn Thử"}], birthDate="1952-03-03", gender="male"),
    encounter("t-e", "twin", "2026-10-20T08:00:00+07:00", "hospital", "Tê chân"),
    condition("t-c", "twin", "t-e", "G63.2", "Bệnh đa dây thần kinh do đái tháo đường"),
]
OF_FULL, OF_TWIN = "Khát nhiều", "Tê chân"


@pytest.fixture(scope="module")
def site(module_database: str) -> Iterator[Site]:
    """A place where two Patients may be one person."""
    with prepared(module_database), open_ward(module_database) as site:
        site.state({key: STATION[key] for key in STATION if key != "identifier"}, HOSPITAL)
        site.state(*full_life(), *NAMESAKES[:4], *person("an"))
        site.state(*TWIN, NAMESAKES[4], facility="45902")
        site.propose("full", "twin", Evidence("name", "exact", 10.9))
        yield site


@pytest.fixture
def page(browser: Browser, site: Site) -> Iterator[Page]:
    with before(browser, site) as page:
        yield page


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def test_a_scan_a_chart_a_curve_and_a_print(page: Page) -> None:
    page.keyboard.type(CARD)
    press(page, "Enter")
    expect(page.get_by_role("link", name="Hồ Văn Thử")).to_be_focused()
    press(page, "Enter")
    expect(page.locator(".banner h1")).to_have_text("Hồ Văn Thử")
    page.get_by_role("row", name="mmol/L").get_by_role("link").click()
    expect(page.locator("#series canvas")).to_be_visible()
    values = page.get_by_role("table", name="Mọi giá trị, gần nhất trước")
    expect(values.locator("tbody tr td:nth-child(2)")).to_contain_text(["9,1", "7,25", "11,5"])
    press(page, "p")
    expect(page).to_have_url(re.compile("/citizens/full/summary$"))
    paper = page.request.get(str(page.locator("[data-key=p]").get_attribute("href")))
    assert paper.headers["content-type"] == "application/pdf"
    assert paper.body().startswith(b"%PDF-")


def test_namesakes_are_told_apart_and_the_right_one_is_opened(page: Page) -> None:
    page.keyboard.type("nguyen thi hoa")
    press(page, "Enter")
    rows = page.locator("tr[data-row]")
    expect(rows).to_have_count(3)
    for words in (
        ["15/05/1990", "Nữ", "Xã Hướng Lập", "Trạm Y tế xã Hướng Lập", "01/10/2026"],
        ["1962", "Nữ", "Xã Hướng Phùng", "Trung tâm Y tế khu vực Hướng Hóa", "01/09/2026"],
        ["03/1962", "Nam", "Xã Hướng Lập", "chưa có lượt khám"],
    ):
        row = rows.filter(has_text=words[0]).filter(has_text=words[1])
        for word in words:
            expect(row).to_contain_text(word)
    wanted = page.locator('a[href="/citizens/hoa-1962"]')
    for _ in range(3):
        press(page, "ArrowDown")
        if wanted.evaluate("one => one === document.activeElement"):
            break
    expect(wanted).to_be_focused()
    press(page, "Enter")
    expect(page.locator(".banner .facts")).to_contain_text("Sinh 1962")
    expect(page.locator(".banner .facts")).to_contain_text("Nữ")


def decide(page: Page, site: Site, act: str) -> None:
    """On the page of a pair, until every page shows it."""
    page.get_by_role("radio", name=act).check()
    page.get_by_role("radio", name="Đã xem giấy tờ gốc").check()
    page.get_by_role("button", name="Ghi quyết định").click()
    expect(page.locator(".done")).to_be_visible()
    site.wait()


def shown(page: Page, *, of_both: bool) -> None:
    """Whether the chart is of both Patients, or of the first alone."""
    visits = page.locator("#visits")
    expect(visits).to_contain_text(OF_FULL)
    expect(visits.get_by_text(OF_TWIN)).to_have_count(1 if of_both else 0)
    expect(page.locator("#people")).to_have_count(1 if of_both else 0)


def test_two_records_are_linked_looked_at_before_and_after_and_parted(page: Page, site: Site) -> None:
    page.goto("/citizens/full")
    shown(page, of_both=False)
    apart = facts(site)[-1].position
    page.get_by_role("link", name="Xem đề nghị 1").click()
    decide(page, site, "Cùng một người")
    for citizen in ("full", "twin"):
        page.goto(f"/citizens/{citizen}")
        shown(page, of_both=True)
        page.get_by_label("Xem hồ sơ như lúc").fill(str(apart))
        page.get_by_role("button", name="Xem", exact=True).click()
        expect(page.locator(".then")).to_contain_text("không phải hiện nay")
        expect(page.locator("#people")).to_have_count(0)
        mine, others = (OF_FULL, OF_TWIN) if citizen == "full" else (OF_TWIN, OF_FULL)
        expect(page.locator("#visits")).to_contain_text(mine)
        expect(page.locator("#visits")).not_to_contain_text(others)
        page.get_by_role("link", name="Về hồ sơ hiện nay").click()
        shown(page, of_both=True)
    page.get_by_role("link", name="Xem căn cứ, tách ra").click()
    decide(page, site, "Gỡ liên kết")
    page.goto("/citizens/full")
    shown(page, of_both=False)


def test_two_clinicians_change_one_note(browser: Browser, page: Page, site: Site) -> None:
    page.goto("/citizens/an")
    page.get_by_text("Thêm ghi chú").click()
    page.get_by_label("Ghi chú cho người mở hồ sơ sau").fill("Hẹn tái khám")
    page.get_by_label("Người ghi").fill("BS Lan")
    page.get_by_role("button", name="Lưu ghi chú").click()
    page.get_by_role("link", name="Sửa ghi chú").click()
    with before(browser, site) as other:
        other.goto(page.url)
        for one, said, by in ((page, "Hẹn sau 1 tháng", "BS Lan"), (other, "Hẹn sau 2 tuần", "BS Minh")):
            one.get_by_label("Nội dung ghi chú").fill(said)
            one.get_by_label("Lý do sửa").fill("Thiếu ngày")
            one.get_by_label("Người ghi").fill(by)
        page.get_by_role("button", name="Lưu phần sửa").click()
        expect(page.locator("#notes")).to_contain_text("Hẹn sau 1 tháng")
        other.get_by_role("button", name="Lưu phần sửa").click()
        expect(other.locator(".clashes tbody td")).to_have_text(
            ["Hẹn tái khám", "Hẹn sau 1 tháng", "Hẹn sau 2 tuần"]
        )
        other.get_by_role("button", name="Lưu phần sửa").click()
        expect(other.locator("#notes")).to_contain_text("Hẹn sau 2 tuần")


def go_to(page: Page, selector: str) -> None:
    """By Tab, as far as it takes."""
    for _ in range(40):
        press(page, "Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    pytest.fail(f"the keyboard does not come to {selector}")


def test_the_keyboard_alone_leads_from_a_search_to_a_resource_and_back(page: Page) -> None:
    press(page, "/")
    page.keyboard.type("ho van thu 1952")
    press(page, "Enter")
    expect(page.locator('a[href="/citizens/full"]')).to_be_visible()
    press(page, "ArrowDown")
    if not page.locator('a[href="/citizens/full"]').evaluate("one => one === document.activeElement"):
        press(page, "ArrowDown")
    press(page, "Enter")
    expect(page).to_have_url(re.compile("/citizens/full$"))
    expect(page.get_by_role("button", name="Phím tắt")).to_be_visible()
    press(page, "1")
    expect(page.locator("#visits")).to_be_focused()
    go_to(page, "#visit-e1 summary")
    press(page, "Enter")
    expect(page.locator("#visit-e1 .inside")).to_contain_text("Metformin 500 mg")
    go_to(page, '[href="/resources/Encounter/e1"]')
    press(page, "Enter")
    expect(page.locator("pre")).to_contain_text('"resourceType": "Encounter"')
    press(page, "Escape")
    expect(page).to_have_url(re.compile("/citizens/full$"))
    press(page, "/")
    expect(page.locator("#search")).to_be_focused()

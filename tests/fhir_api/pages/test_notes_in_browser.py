"""News, notes and corrections in a real browser: nothing jumps, nothing typed is lost, two decide at once."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page, expect

from ehr.linking import Act
from tests.fhir_api.pages.chart_citizens import HOSTILE
from tests.fhir_api.pages.review_serving import Site
from tests.fhir_api.pages.ward import open_ward, person, prepared, result

EXPECTED = re.compile(
    r"status of (412|422|503)|ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED|ERR_EMPTY_RESPONSE"
)
NEWS = ".news a"


@pytest.fixture(scope="module")
def record(module_database: str) -> Iterator[str]:
    with prepared(module_database):
        yield module_database


@pytest.fixture(scope="module")
def ward(record: str) -> Iterator[Site]:
    with open_ward(record) as site:
        site.state(
            *person("an"), *(result(f"old-{n}", "an", code={"text": f"Kết quả {n}"}) for n in range(40))
        )
        site.state(*person("binh"))
        yield site


@contextmanager
def looking(browser: Browser, address: str, **settings: object) -> Iterator[Page]:
    """A fresh browser; whatever it complains about fails the test, but for what is expected."""
    complaints: list[str] = []
    context = browser.new_context(base_url=address, viewport={"width": 1280, "height": 600}, **settings)  # type: ignore[arg-type]
    page = context.new_page()
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    yield page
    context.close()
    assert [one for one in complaints if not EXPECTED.search(one)] == []


@pytest.fixture
def page(browser: Browser, ward: Site) -> Iterator[Page]:
    with looking(browser, ward.address) as page:
        yield page


def open_chart(page: Page, citizen: str = "an") -> None:
    """And waits until it would be told of news."""
    with page.expect_response(lambda answer: "/news?" in answer.url):
        page.goto(f"/citizens/{citizen}")


def test_a_fact_is_told_and_nothing_jumps(page: Page, ward: Site) -> None:
    open_chart(page)
    link = page.locator("#results a").nth(5)
    link.focus()
    page.evaluate("window.scrollTo(0, 700)")
    before = page.evaluate("[scrollY, document.documentElement.scrollHeight]")
    results = page.locator("nav.panels a[href='#results'] .count")
    number = int(results.inner_text())
    ward.state(result("news-1", "an", code={"text": "Mới tinh"}))
    expect(page.locator(NEWS)).to_have_text("1 kết quả mới – tải lại để xem")
    assert page.evaluate("[scrollY, document.documentElement.scrollHeight]") == before
    expect(link).to_be_focused()
    expect(results).to_have_text(str(number))
    ward.state(result("news-2", "an"), result("news-3", "an"))
    expect(page.locator(NEWS)).to_have_text("3 kết quả mới – tải lại để xem")
    page.locator(NEWS).click()
    expect(page.locator(NEWS)).to_be_hidden()
    expect(results).to_have_text(str(number + 2))


def test_a_link_is_told(page: Page, ward: Site) -> None:
    open_chart(page, "binh")
    ward.judge(Act.LINK, "an", "binh")
    expect(page.locator(NEWS)).to_contain_text("1 lần liên kết")
    ward.judge(Act.UNLINK, "an", "binh")
    expect(page.locator(NEWS)).to_contain_text("2 lần liên kết")


def test_what_was_stated_while_the_server_was_gone_is_told(
    browser: Browser, record: str, ward: Site, free_port: int
) -> None:
    with looking(browser, f"http://127.0.0.1:{free_port}") as page:
        with open_ward(record, free_port):
            open_chart(page)
            ward.state(result("gone-1", "an"))
            expect(page.locator(NEWS)).to_contain_text("1 kết quả mới")
        ward.state(result("gone-2", "an"))
        with open_ward(record, free_port):
            expect(page.locator(NEWS)).to_contain_text("2 kết quả mới", timeout=30_000)


def test_only_a_page_that_is_looked_at_is_told(page: Page, ward: Site) -> None:
    turn = """hidden => { Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
        document.dispatchEvent(new Event("visibilitychange")); }"""
    open_chart(page)
    page.evaluate(turn, True)
    while len(ward.services.news):
        page.evaluate("0")
    ward.state(result("hidden-1", "an"))
    expect(page.locator(NEWS)).to_be_hidden()
    page.evaluate(turn, False)
    expect(page.locator(NEWS)).to_contain_text("1 kết quả mới")


def test_a_page_that_is_refused_says_that_it_tells_no_news(
    page: Page, ward: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ward.services.news, "_most", 0)
    open_chart(page)
    expect(page.locator(".news")).to_contain_text("tạm thời không tự báo tin mới")


def test_a_note_is_written_and_stands_on_the_chart(page: Page) -> None:
    page.goto("/citizens/binh")
    page.locator("#notes summary").click()
    page.locator("#note").fill("Dặn tái khám\nsau 1 tháng")
    page.locator("#notes [name=by]").fill("BS Lan")
    page.locator("#notes button").click()
    expect(page).to_have_url(re.compile(r"/citizens/binh#notes$"))
    expect(page.locator("#notes .said").first).to_have_text("Dặn tái khám\nsau 1 tháng")
    expect(page.locator("#notes h2")).to_be_in_viewport()
    expect(page.locator(NEWS)).to_be_hidden()


def test_two_clinicians_correct_one_result(browser: Browser, ward: Site) -> None:
    where = "/resources/Observation/binh-g/correction"
    with looking(browser, ward.address) as lan, looking(browser, ward.address) as minh:
        minh.goto("/citizens/binh/encounters/binh-e")
        minh.get_by_role("link", name="Observation/binh-g").click()
        minh.get_by_role("link", name="Sửa cho đúng").click()
        expect(minh).to_have_url(re.compile(f"{where}$"))
        for page, value, name, reason in (
            (lan, "7,2", "BS Lan", "Gõ nhầm"),
            (minh, "9", "BS Minh", "Máy khác"),
        ):
            page.goto(where)
            page.get_by_label("Giá trị (mmol/L)").fill(value)
            page.get_by_label("Lý do sửa").fill(reason)
            page.get_by_label("Người ghi").fill(name)
        lan.get_by_role("button", name="Lưu phần sửa").click()
        expect(lan.locator("#notes")).to_contain_text("Gõ nhầm")
        minh.get_by_role("button", name="Lưu phần sửa").click()
        expect(minh.get_by_role("alert")).to_be_focused()
        expect(minh.locator(".since")).to_contain_text("BS Lan")
        expect(minh.locator(".clashes tbody td")).to_have_text(["7,1", "7,2", "9"])
        expect(minh.get_by_label("Giá trị (mmol/L)")).to_have_value("9")
        expect(minh.get_by_label("Lý do sửa")).to_have_value("Máy khác")
        minh.get_by_role("button", name="Lưu phần sửa").click()
        expect(minh.locator("#notes li").first).to_contain_text("Máy khác")
        expect(minh.locator("#results")).to_contain_text("9")


def test_without_script_everything_works(browser: Browser, ward: Site) -> None:
    with looking(browser, ward.address, java_script_enabled=False) as page:
        page.goto("/citizens/binh")
        page.locator("#notes summary").click()
        page.locator("#note").fill("không cần script")
        page.locator("#notes [name=by]").fill("BS Lan")
        page.locator("#notes button").click()
        page.get_by_role("link", name="Sửa ghi chú").first.click()
        page.get_by_label("Nội dung ghi chú").fill("đã sửa")
        page.get_by_label("Lý do sửa").fill("thiếu ý")
        page.get_by_role("button", name="Lưu phần sửa").click()
        expect(page.locator("#notes")).to_contain_text("đã sửa")
        expect(page.locator("#notes")).to_contain_text("thiếu ý")


def test_nothing_hostile_runs(page: Page, ward: Site) -> None:
    ward.state(
        *person("evil"),
        result("evil-1", "evil", code={"text": HOSTILE}, valueQuantity={"value": 1, "unit": HOSTILE}),
    )
    page.goto("/resources/Observation/evil-1/correction")
    page.get_by_label("Lý do sửa").fill(HOSTILE)
    page.get_by_label("Người ghi").fill(HOSTILE[:100])
    page.get_by_role("button", name="Lưu phần sửa").click()
    expect(page.get_by_role("alert")).to_contain_text("chưa có gì thay đổi")
    page.get_by_label("Toàn bộ mục này là nhập nhầm").check()
    page.get_by_role("button", name="Lưu phần sửa").click()
    expect(page.locator("#notes")).to_contain_text(HOSTILE)
    assert page.evaluate("window.broken") is None
    assert page.locator("main img, main script").count() == 0


@pytest.mark.parametrize("width", [320, 1280])
def test_the_page_is_no_wider_than_the_screen(browser: Browser, ward: Site, width: int) -> None:
    ward.state(
        *person("wide"),
        result("wide-1", "wide", code={"text": "x" * 300}, valueQuantity={"value": 1, "unit": "y" * 300}),
    )
    page = browser.new_page(base_url=ward.address, viewport={"width": width, "height": 800})
    for address in ("/resources/Observation/wide-1/correction", "/citizens/wide"):
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.close()

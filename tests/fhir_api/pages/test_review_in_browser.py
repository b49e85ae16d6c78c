"""The review in a real browser, by keyboard alone; and nothing hostile that runs."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from ehr.linking import Act
from tests.fhir_api.pages.review_serving import (
    AT_STATION,
    HOSTILE,
    Site,
    Twins,
    reviewing,
    settle,
    twins_in,
)
from tests.pairing import decided
from tests.projections.citizens.stating import run

PAIRS = ".pairs > li > a"


@pytest.fixture(scope="module")
def site(module_database: str) -> Iterator[Site]:
    with reviewing(module_database) as site:
        settle(site)
        yield site


@pytest.fixture
def twins(site: Site) -> Twins:
    """More alike than anybody else of the place: the first of the list."""
    return twins_in(site)


@pytest.fixture
def page(browser: Browser, site: Site) -> Iterator[Page]:
    """A fresh page; whatever the browser complains about fails the test, but for answers that refuse."""
    complaints: list[str] = []
    context = browser.new_context(base_url=site.address, viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    yield page
    context.close()
    assert [one for one in complaints if not re.search("status of 4(09|22) ", one)] == []


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def last_decision(site: Site, twins: Twins) -> tuple[str, str | None]:
    async def read() -> list[tuple[str, str | None]]:
        found = [fact for fact in decided(site.url) if {fact.patient, fact.other_patient} == {*twins}]
        return [(fact.name, fact.reason) for fact in found]

    return run(read())[-1]


def test_a_pair_is_found_and_decided_by_keyboard_alone(page: Page, site: Site, twins: Twins) -> None:
    page.goto("/review?order=newest")
    expect(page.locator(PAIRS).first).to_be_focused()
    press(page, "j", "ArrowDown", "k", "ArrowUp")
    expect(page.locator(PAIRS).first).to_be_focused()
    press(page, "Enter")
    expect(page).to_have_url(re.compile(f"{twins.one}"))
    press(page, "1")
    expect(page.locator("input[value=link]")).to_be_checked()
    expect(page.locator("input[value=papers]")).to_be_focused()
    press(page, "b", "n")
    expect(page.locator("#note")).to_be_focused()
    page.keyboard.type("1 gặp ông Thử?")
    press(page, "Enter")
    expect(page.locator(".done")).to_contain_text("Đã ghi: cùng một người.")
    assert last_decision(site, twins) == (
        "RecordsLinked",
        "Đã hỏi chính người đó hoặc người nhà. 1 gặp ông Thử?",
    )
    expect(page.locator(PAIRS).first).to_be_focused()
    press(page, "u")
    expect(page.locator("input[value=unlink]")).to_be_visible()
    press(page, "1", "a", "Enter")
    expect(page.locator(".done")).to_contain_text("Đã ghi: gỡ liên kết.")
    assert last_decision(site, twins)[0] == "RecordsUnlinked"


@pytest.mark.parametrize(
    ("digit", "fact", "said"),
    [("2", "RecordsJudgedDifferent", "hai người khác nhau"), ("3", "LinkPostponed", "để sau")],
)
def test_digits_decide(page: Page, site: Site, twins: Twins, digit: str, fact: str, said: str) -> None:
    page.goto(twins.address)
    press(page, digit, "d", "Enter")
    expect(page.locator(".done")).to_contain_text(said)
    assert last_decision(site, twins) == (fact, "Chỉ xem thông tin trên màn hình")


def test_another_reason_has_to_be_written(page: Page, site: Site, twins: Twins) -> None:
    page.goto(twins.address)
    press(page, "2", "e")
    expect(page.locator("#note")).to_be_focused()
    press(page, "Enter")
    expect(page.get_by_role("alert")).to_contain_text("hãy cho biết căn cứ")
    expect(page.locator("input[value=judge-different]")).to_be_checked()
    press(page, "n")
    expect(page.locator("#note")).to_be_focused()
    page.keyboard.type("hai cha con")
    press(page, "Enter")
    expect(page.locator(".done")).to_be_visible()
    assert last_decision(site, twins) == ("RecordsJudgedDifferent", "hai cha con")


def test_nothing_is_sent_before_a_decision_is_chosen(page: Page, site: Site, twins: Twins) -> None:
    page.goto(twins.address)
    press(page, "n", "Enter")
    expect(page.locator("form.decision")).to_be_visible()
    assert last_decision(site, twins)[0] == "LinkProposed"


def test_a_conflict_shows_what_changed_and_keeps_what_was_typed(page: Page, site: Site, twins: Twins) -> None:
    page.goto(twins.address)
    press(page, "1", "c", "n")
    expect(page.locator("#note")).to_be_focused()
    page.keyboard.type("đã gọi")
    site.judge(Act.POSTPONE, *twins, reason="Chờ gọi lại")
    site.state({**AT_STATION[0], "id": twins.one, "birthDate": "1990-05-16"})
    press(page, "Enter")
    expect(page.get_by_role("alert")).to_be_focused()
    expect(page.locator(".history li.new")).to_contain_text("Chờ gọi lại")
    expect(page.locator("tr.changed")).to_contain_text("Khi bạn xem là: 15/05/1990")
    expect(page.locator("#note")).to_have_value("đã gọi")
    expect(page.locator("input[value=link]")).to_be_checked()
    press(page, "n", "Enter")
    expect(page.locator(".done")).to_contain_text("cùng một người")
    assert last_decision(site, twins) == ("RecordsLinked", "Đã gọi điện. đã gọi")


def test_keys_are_told_and_escape_goes_back(page: Page, twins: Twins) -> None:
    page.goto(twins.address)
    press(page, "?")
    expect(page.locator("#keys dl")).to_be_visible()
    expect(page.locator("#keys div").filter(has=page.get_by_text("Danh sách", exact=True))).to_contain_text(
        "Esc"
    )
    press(page, "Escape")
    expect(page.locator("#keys dl")).to_be_hidden()
    press(page, "1", "n")
    expect(page.locator("#note")).to_be_focused()
    page.keyboard.type("?1")
    expect(page.locator("#note")).to_have_value("?1")
    press(page, "Escape", "Escape")
    expect(page).to_have_url(re.compile(r"/review$"))
    press(page, "/")
    expect(page.locator("#search")).to_be_focused()


def test_without_script_everything_works(browser: Browser, site: Site, twins: Twins) -> None:
    context = browser.new_context(base_url=site.address, java_script_enabled=False)
    page = context.new_page()
    page.goto("/review?order=newest")
    page.locator(PAIRS).first.click()
    page.locator("input[value=link]").check()
    page.locator("input[value=papers]").check()
    page.locator("form.decision button").click()
    expect(page.locator(".done")).to_contain_text("cùng một người")
    context.close()
    assert last_decision(site, twins)[0] == "RecordsLinked"


@pytest.mark.parametrize("address", ["/review", "/review/hostile-1/hostile-2", "/review/decisions"])
def test_nothing_hostile_runs(page: Page, address: str) -> None:
    page.goto(address)
    expect(page.locator("main")).to_contain_text(HOSTILE)
    assert page.title() != "1"
    assert page.locator("main img, main i, main script").count() == 0


@pytest.mark.parametrize("width", [320, 700, 1000, 1280])
@pytest.mark.parametrize(
    "address", ["/review", "/review/binh-1/binh-2", "/review/hostile-1/hostile-2", "/review/decisions"]
)
def test_the_page_is_no_wider_than_the_screen(browser: Browser, site: Site, width: int, address: str) -> None:
    page = browser.new_page(base_url=site.address, viewport={"width": width, "height": 800})
    page.goto(address)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.close()


def test_a_card_that_is_scanned_into_a_note_is_no_decision(page: Page, site: Site, twins: Twins) -> None:
    """It is taken out again, its Enter sends nothing, and it waits in the box."""
    card = "045190000017||Nguyen Thi Hoa|15051990|Nu|Thon Mau, Huong Lap, Huong Hoa, Quang Tri|01072021"
    page.clock.install(time=0)
    page.goto(twins.address)
    page.locator("input[value=link]").check()
    page.locator("input[value=papers]").check()
    page.locator("#note").fill("hỏi lại")
    page.clock.pause_at(page.evaluate("Date.now()") / 1000 + 1)
    page.keyboard.type(card)
    page.keyboard.press("Enter")
    page.clock.run_for(250)
    expect(page.locator("#note")).to_have_value("hỏi lại")
    expect(page.locator("#search")).to_have_value(card)
    expect(page.locator("#search")).to_be_focused()
    expect(page.locator("form.decision")).to_be_visible()
    assert last_decision(site, twins)[0] == "LinkProposed"

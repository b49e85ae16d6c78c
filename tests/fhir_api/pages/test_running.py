"""Silence on the chart, coverage, trends and operations, over a small place that runs."""

import re
from collections.abc import Iterator
from html import escape, unescape
from itertools import pairwise

import httpx
import pytest
from playwright.sync_api import Browser, expect

from fhir_api.pages import ops
from fhir_api.pages.facilities.coverage import Place, covered
from fhir_api.services import Services
from projections.citizens.tallies import Coverage
from projections.links.view import Links
from projections.view import View
from tests.fhir_api.pages.review_serving import HOSTILE, Site, paging, shown, views
from tests.fhir_api.pages.running_place import DAILY, QUIET, running_place
from tests.fhir_api.running import prepare
from tests.projections.facilities.test_silence import read
from tests.stating import looking

PAGES = ("/facilities", "/facilities/coverage", "/facilities/trend", "/report", "/ops")


@pytest.fixture(scope="module")
def site(module_database: str) -> Iterator[Site]:
    with running_place(module_database) as site:
        yield site


@pytest.fixture
def client(site: Site) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=site.address, timeout=60) as client:
        yield client


class TestSilence:
    def test_a_chart_names_the_silent_of_those_that_have_sent_about_the_person(
        self, client: httpx.Client
    ) -> None:
        text = shown(client.get("/citizens/nam-1"))
        assert f"IM LẶNG lâu hơn thường lệ, thông tin mới có thể còn thiếu: {QUIET} (gửi gần nhất" in text
        assert "thường cách không quá 24 giờ)" in text
        assert "1 cơ sở từng gửi về người này vẫn gửi đều." in text
        assert "Chưa rõ nhịp gửi của: Trạm Y tế xã Hướng Lập." in text
        assert re.search(r"Toàn tỉnh, lúc [\d/]+ [\d:]+: 1/4 cơ sở im lặng", text)
        assert "<i>quiet" not in client.get("/citizens/nam-1").text

    def test_every_panel_says_so(self, client: httpx.Client) -> None:
        assert "IM LẶNG" in shown(client.get("/citizens/nam-1/panels/visits"))

    def test_where_nobody_is_silent_it_says_that_too(self, client: httpx.Client) -> None:
        text = shown(client.get("/citizens/lan-2"))
        assert "IM LẶNG" not in text
        assert "Chưa rõ nhịp gửi của: Trung tâm Y tế khu vực Hướng Hóa." in text

    def test_a_parked_citizen_says_since_when(self, site: Site, client: httpx.Client) -> None:
        with looking(site.url) as connection:
            park = (
                "insert into views.parked select 'health_record', 1, subject, 3, 'KeyError'"
                " from citizens.person where id = %s"
            )
            connection.execute(park, ["lan-1"])
            text = shown(client.get("/citizens/lan-1"))
            connection.execute("delete from views.parked")
        assert re.search(r"HỒ SƠ CHƯA ĐẦY ĐỦ từ \d\d/\d\d/\d{4} \d\d:\d\d \(sự kiện số 3\)", text)

    def test_the_list_of_facilities_puts_the_silent_first(self, client: httpx.Client) -> None:
        html = client.get("/facilities?sort=silence").text
        rows = re.findall(r'<tr>\s*<th scope="row">(.*?)</tr>', html, flags=re.DOTALL)
        assert [unescape(re.sub(r"<[^>]+>", "", row).split("\n")[0]) for row in rows[:2]] == [QUIET, DAILY]
        assert '<span class="tag warn">im lặng</span>' in rows[0]
        assert '<span class="tag good">gửi đều</span>' in rows[1]


class TestCoverage:
    def test_the_grid_tells_every_commune_of_the_province(self, client: httpx.Client) -> None:
        html = client.get("/facilities/coverage").text
        cells = re.findall(r'<li class="cover-(\w+)">(.*?)</li>', html)
        texts = {unescape(re.sub(r"<[^>]+>", "", cell)): level for level, cell in cells}
        assert len(texts) == 78, "communes of Quảng Trị since July 2025"
        assert texts["Xã Hướng Lập 28,6 % 2/7"] == "2"
        assert texts["Xã Hướng Phùng 0,0 % 0/1"] == "0"
        assert texts["Xã Khe Sanh – 0/0"] == "none"

    def test_the_table_says_the_same_in_the_order_that_is_wished(self, client: httpx.Client) -> None:
        html = client.get("/facilities/coverage?sort=seen").text
        rows = [unescape(re.sub(r"<[^>]+>", "|", row)) for row in re.findall(r"<tr>(.*?)</tr>", html)]
        places = [re.sub(r"\|+", "|", row).strip("|") for row in rows]
        assert places[0] == "Xã Hướng Lập|7|2|28,6 %"
        assert places[-3:] == [
            "Tỉnh Quảng Trị, tất cả|8|2|25,0 %",
            "Chưa rõ nơi ở|0|0|–",
            "Tất cả mọi người|8|2|25,0 %",
        ]

    def test_other_provinces_are_told_as_wholes(self, site: Site) -> None:
        site.state(
            {
                "resourceType": "Patient",
                "id": "far",
                "address": [{"text": "Phường Ba Đình, Thành phố Hà Nội"}],
            },
            {"resourceType": "Patient", "id": "lost"},
        )
        try:
            found = read(site.url, covered)
        finally:
            site.delete("Patient", "far")
            site.delete("Patient", "lost")
        assert found.others == [Place("Thành phố Hà Nội", Coverage("", 1, 1, 0))]
        assert (found.unplaced.registered, found.registered.registered) == (1, 10)


class TestTrend:
    def test_a_table_by_day_and_by_week(self, client: httpx.Client) -> None:
        html = client.get("/facilities/trend", params={"facility": QUIET}).text
        assert html.count("<tr data-seconds=") == 20
        assert 'data-resources="1" data-visits="1" data-lag="0.5"' in html
        assert f"<h1>{escape(QUIET)}</h1>" in html
        weekly = client.get("/facilities/trend?step=week").text
        seconds = [int(one) for one in re.findall(r'data-seconds="(\d+)"', weekly)]
        assert seconds == sorted(seconds, reverse=True)
        assert all((later - earlier) % (7 * 86400) == 0 for later, earlier in pairwise(seconds))

    def test_whoever_is_unknown_has_sent_nothing(self, client: httpx.Client) -> None:
        answer = client.get("/facilities/trend", params={"facility": f"{HOSTILE}\0"})
        assert answer.status_code == 200
        assert "Không có gì được gửi" in answer.text
        assert HOSTILE not in answer.text


class TestOperations:
    def test_positions_of_record_and_views_are_told(self, site: Site, client: httpx.Client) -> None:
        text = shown(client.get("/ops"))
        with looking(site.url) as connection:
            row = connection.execute("select max(notification_id) from record.facts").fetchone()
        assert row is not None
        end = f"{row[0]:,}".replace(",", ".")
        for part in ("Kho sự kiện nhận sự kiện", "citizens đang chạy", "links đang chạy"):
            assert f"{part} {end}" in text
        assert "Không thiếu gì" in text
        assert re.search(r"Cơ sở dữ liệu [\d,]+ MB, trong đó kho sự kiện [\d,]+ [kM]B", text)

    def test_the_slowest_requests_are_told_without_what_was_asked(self, client: httpx.Client) -> None:
        client.get("/citizens/binh-1")
        client.get("/fhir/Patient/binh-1")
        client.get("/fhir/Patient?name=binh")
        client.get("/binh/binh")
        html = client.get("/ops").text
        assert "GET /citizens/{patient_id}" in html
        assert "FHIR read" in html
        assert "FHIR search-type" in html
        assert "binh" not in html

    def test_what_is_left_out_is_told_without_of_whom(self, site: Site, client: httpx.Client) -> None:
        with looking(site.url) as connection:
            subjects = "select 'health_record', 1, subject, 3, 'KeyError' from citizens.person limit 2"
            connection.execute(f"insert into views.parked {subjects}")
            found = connection.execute("select subject::text from views.parked").fetchall()
            html = client.get("/ops").text
            connection.execute("delete from views.parked")
        assert "health_record người chờ KeyError 2 3" in " ".join(re.sub(r"<[^>]+>", " ", html).split())
        assert not [subject for (subject,) in found if subject in html]

    def test_it_goes_on_by_itself(self, browser: Browser, site: Site) -> None:
        page = browser.new_page(base_url=site.address)
        page.goto("/ops")
        page.locator("#again").focus()
        with page.expect_response(lambda answer: answer.request.headers.get("hx-request") == "true"):
            pass
        expect(page.locator("#again")).to_be_focused()
        expect(page.locator("#now")).to_contain_text("/giây")
        expect(page.locator("h1")).to_have_count(1)
        page.close()


@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize("place", PAGES)
def test_no_page_is_wider_than_the_screen_and_nothing_hostile_runs(
    browser: Browser, site: Site, place: str, width: int
) -> None:
    complaints: list[str] = []
    page = browser.new_page(base_url=site.address, viewport={"width": width, "height": 800})
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text))
    page.goto(place)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator("main i, main img").count() == 0
    assert page.locator(".tabs [aria-current]").count() == 1
    page.close()
    assert complaints == []


@pytest.mark.parametrize("place", PAGES)
def test_every_page_is_there_in_english(client: httpx.Client, place: str) -> None:
    text = shown(client.get(f"{place}?lang=en"))
    assert not re.findall(r"\b(?:cơ sở|chưa|người|lượt|trong)\b", text)


def test_a_trend_is_drawn_and_nothing_else_fetches_what_draws(browser: Browser, site: Site) -> None:
    fetched: list[str] = []
    page = browser.new_page(base_url=site.address)
    page.on("request", lambda request: fetched.append(request.url))
    for place in PAGES:
        if place != "/facilities/trend":
            page.goto(place)
    assert not [url for url in fetched if "uplot" in url]
    page.goto("/facilities/trend")
    expect(page.locator(".trend figure canvas")).to_have_count(2)
    assert sum("uplot" in url and ".js" in url for url in fetched) == 1
    page.close()


@pytest.mark.parametrize("built", [views(), [Links()]], ids=["empty views", "views that are not there yet"])
def test_before_anybody_has_sent_anything_every_page_says_so(database: str, built: list[View]) -> None:
    prepare(database, *built)
    with paging(database) as (address, _):
        told = {place: httpx.get(f"{address}{place}", timeout=60) for place in ("/", "/review", *PAGES)}
    if len(built) > 1:
        assert {answer.status_code for answer in told.values()} == {200}
        assert "Chưa có cơ sở nào gửi dữ liệu" in told["/facilities"].text
        assert "Chưa có ai đăng ký với nơi ở" in told["/facilities/coverage"].text
        assert "Không có gì được gửi" in told["/facilities/trend"].text
    else:
        assert told["/ops"].status_code == 200


def test_operations_are_told_while_the_database_is_away(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nothing(_: Services) -> None:
        return None

    monkeypatch.setattr(ops, "known_now", nothing)
    answer = client.get("/ops")
    assert answer.status_code == 200
    assert "Cơ sở dữ liệu không trả lời." in answer.text
    assert "Yêu cầu chậm nhất" in answer.text

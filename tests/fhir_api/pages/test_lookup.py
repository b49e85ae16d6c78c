"""The first page and its look-up, with and without a browser."""

import re
from html import unescape

import httpx
import pytest
from playwright.sync_api import Page, expect

from ehr.event_store.connections import connect
from ehr.formats.warning_codes import TEXTS, WarningCode
from ehr.values import subject_of
from projections.citizens.view import Citizens
from projections.facilities.view import Facilities
from projections.links.view import Links
from tests.fhir_api.pages.chart_serving import chart_app
from tests.fhir_api.pages.conftest import HOSTILE
from tests.projections.citizens.people import patient
from tests.projections.citizens.stating import Record, follow, put, run
from tests.serving import served

PARK = """
    insert into views.parked
    select view, generation, %(subject)s, 1, 'LookupError' from views.generations where view = %(view)s
"""


def look_up(client: httpx.Client, text: str, **headers: str) -> httpx.Response:
    answer = client.post("/lookup", data={"text": text}, headers=headers)
    assert answer.status_code == 200
    return answer


def found(html: str) -> list[str]:
    return re.findall(r'href="/citizens/([^"]+)"', html)


def search(page: Page, text: str) -> None:
    page.locator("#search").fill(text)
    page.locator("#search").press("Enter")
    expect(page.locator(".results")).to_be_visible()


class TestWithoutScript:
    def test_the_first_page_has_one_search_box(self, client: httpx.Client) -> None:
        html = client.get("/").text
        assert html.count('type="search"') == 1
        assert 'action="/lookup" method="post"' in html
        assert '<html lang="vi">' in html

    def test_a_look_up_answers_with_a_whole_page(self, client: httpx.Client) -> None:
        html = look_up(client, "045190000017").text
        assert html.startswith("<!doctype html>")
        assert found(html) == ["hoa"]
        assert 'value="045190000017"' in html

    def test_htmx_is_answered_with_a_fragment(self, client: httpx.Client) -> None:
        html = look_up(client, "045190000017", **{"HX-Request": "true"}).text
        assert "<!doctype" not in html
        assert found(html) == ["hoa"]

    def test_the_list_tells_namesakes_apart(self, client: httpx.Client) -> None:
        html = look_up(client, "nguyen thi hoa").text
        assert set(found(html)) == {"hoa", "hoa-1962", "hoa-dead", "hoang"}
        text = " ".join(re.sub(r"<[^>]+>", " ", html).split())
        assert "15/05/1990" in text
        assert "1962 64" in text or "1962 63–64" in text or "1962" in text
        assert "Xã Hướng Lập" in text
        assert "Trung tâm Y tế khu vực Hướng Hóa 01/10/2026" in text
        assert "Trạm Y tế xã Hướng Lập 10/2026" in text, "a partial date stays as it is"
        assert "02/1931" in text
        assert "Đã mất 05/03/2025" in text

    def test_a_former_name_is_shown_beside_the_present_one(self, client: httpx.Client) -> None:
        assert "khớp với tên: Trần Thị Mão" in look_up(client, "trần thị mão").text

    def test_someone_without_a_name_is_found_by_number(self, client: httpx.Client) -> None:
        html = look_up(client, "045090000099").text
        assert found(html) == ["nameless"]
        assert "(chưa có họ tên)" in html
        assert "Ngừng sử dụng" in html

    def test_nobody_is_found(self, client: httpx.Client) -> None:
        assert "Không tìm thấy ai" in look_up(client, "xyzzy").text

    def test_a_crowd_is_asked_to_be_narrowed(self, client: httpx.Client) -> None:
        html = look_up(client, "ho thi dong").text
        assert len(found(html)) == 50
        assert "Hơn 50 người" in html
        assert found(look_up(client, "ho thi dong 1931").text) == ["crowd-11"]

    def test_hostile_names_are_escaped(self, client: httpx.Client) -> None:
        html = look_up(client, "ho img").text
        assert found(html) == ["hostile"]
        assert HOSTILE not in html
        assert "<b>Xã</b>" not in html
        assert "<i>Khoa</i>" not in html
        assert "&lt;img src=x" in html

    def test_hostile_searches_are_escaped(self, client: httpx.Client) -> None:
        html = look_up(client, f'"><script>alert(1)</script>{HOSTILE}').text
        assert "<script>alert" not in html
        assert HOSTILE not in html

    @pytest.mark.parametrize("text", ["a\0b", "%", "'", "ạ" * 400, "\ud83d", "| | |"])
    def test_anything_may_be_typed(self, client: httpx.Client, text: str) -> None:
        answer = client.post("/lookup", data={"text": text.encode("utf8", "surrogatepass")})
        assert answer.status_code == 200

    def test_what_to_look_at_twice_is_told_in_words(self, client: httpx.Client) -> None:
        html = unescape(look_up(client, "45190000017").text)
        assert found(html) == ["hoa"]
        assert TEXTS[WarningCode.ZERO_MISSING].vi in html
        english = unescape(look_up(client, "45190000017", Cookie="language=en").text)
        assert TEXTS[WarningCode.ZERO_MISSING].en in english

    def test_a_name_that_nobody_bears_finds_what_may_have_been_meant(self, client: httpx.Client) -> None:
        html = unescape(look_up(client, "Nguyeenx Thij Hoangf").text)
        assert found(html) == ["hoang"]
        assert "Tên gần giống" in html

    def test_a_commune_after_a_comma_narrows_down(self, client: httpx.Client) -> None:
        assert found(look_up(client, "nguyen thi hoa, huong phung").text) == ["hoa-1962"]
        assert found(look_up(client, "nguyen thi hoa, huong viet").text) == ["hoa"]

    def test_a_program_is_answered_in_json(self, client: httpx.Client) -> None:
        answer = look_up(client, "45190000017", Accept="application/json").json()
        [one] = answer["exact"]
        assert one == {
            "id": "hoa", "name": "Nguyễn Thị Hoa", "found_as": None, "sex": "female",
            "birth_date": "1990-05-15", "deceased": False, "deceased_on": None, "active": True,
            "commune_name": "Xã Hướng Lập", "province_name": "Tỉnh Quảng Trị",
            "address": "Thôn Mẫu, Xã Hướng Lập", "last_facility": "45902",
            "last_facility_name": "Trung tâm Y tế khu vực Hướng Hóa",
            "last_started": "2026-10-01T08:00:00+07:00", "seen_here": False, "same_commune": False,
            "former": False, "others": [], "patients": ["hoa"],
        }  # fmt: skip
        assert [warning["code"] for warning in answer["warnings"]] == ["zero-missing"]
        rest = {name: answer[name] for name in ("begun", "similar", "more", "cut", "missing")}
        assert rest == {"begun": [], "similar": [], "more": False, "cut": False, "missing": 0}

    def test_a_browser_is_answered_with_a_page(self, client: httpx.Client) -> None:
        both = "text/html,application/json;q=0.9"
        assert look_up(client, "hoa", Accept=both).text.startswith("<!doctype html>")

    def test_a_form_is_no_upload(self, client: httpx.Client) -> None:
        assert client.post("/lookup", data={"text": "x" * 10_000}).status_code == 413

    def test_a_missing_field_finds_nobody(self, client: httpx.Client) -> None:
        assert found(client.post("/lookup").text) == []

    def test_what_was_typed_is_in_no_address(self, client: httpx.Client) -> None:
        answer = client.get("/lookup?text=045190000017")
        assert (answer.status_code, answer.headers["location"]) == (303, "/")

    def test_the_own_facility_comes_first(self, client: httpx.Client) -> None:
        there = look_up(client, "nguyen thi hoa", **{"X-EHR-Facility": "45902"}).text
        here = look_up(client, "nguyen thi hoa", **{"X-EHR-Facility": "45901"}).text
        assert found(there)[0] == "hoa"
        assert found(here)[:2] == ["hoa-1962", "hoa"]
        assert "đã khám ở đây" in here
        assert "cùng xã" in here


def test_a_list_that_lags_says_so_beside_whatever_it_has_found(database: str) -> None:
    """As while Kafka is away: the spelling may be right."""

    async def register(id_: str, name: str) -> None:
        async with Record(database) as record:
            await record.state(put(patient(id_, name)), facility="45901")

    run(register("first", "Hồ Văn Một"))
    follow(database, Citizens(), Facilities(), Links())
    lags = "Danh sách đang cập nhật chậm: còn 1 sự kiện chưa hiển thị."
    with served(chart_app(database)) as address, httpx.Client(base_url=address) as client:
        assert "cập nhật chậm" not in look_up(client, "ho van mot").text
        run(register("second", "Hồ Văn Hai"))
        nobody = unescape(look_up(client, "ho van hai").text)
        assert "Không tìm thấy ai" in nobody
        assert lags in nobody
        assert lags in unescape(look_up(client, "ho van mot").text)
        english = look_up(client, "ho van hai", Cookie="language=en").text
        assert "The list lags: 1 facts are not shown yet." in english
        follow(database, Citizens(), Facilities(), Links())
        html = look_up(client, "ho van hai").text
        assert (found(html), "cập nhật chậm" in html) == (["second"], False)


def test_a_list_that_leaves_somebody_out_says_so(database: str) -> None:
    """As a parked citizen, or a decision about a pair that cannot be shown."""

    async def register() -> None:
        async with Record(database) as record:
            await record.state(put(patient("first", "Hồ Văn Một")), facility="45901")

    run(register())
    follow(database, Citizens(), Facilities(), Links())
    incomplete = "Danh sách có thể thiếu người hoặc chưa đúng"
    with served(chart_app(database)) as address, httpx.Client(base_url=address) as client:
        for view in (Citizens(), Links()):
            assert incomplete not in look_up(client, "ho van mot").text
            with connect(database) as connection:
                connection.execute(PARK, {"view": view.name, "subject": subject_of("Patient/other")})
            assert incomplete in look_up(client, "ho van mot").text
            assert look_up(client, "ho van mot", Accept="application/json").json()["incomplete"] is True
            with connect(database) as connection:
                connection.execute("delete from views.parked")
        assert look_up(client, "ho van mot", Accept="application/json").json()["incomplete"] is False


class TestInABrowser:
    def test_enter_shows_the_results_in_place(self, page: Page) -> None:
        search(page, "nguyễn thị hoa")
        expect(page.locator("[data-row]")).to_have_count(4)
        expect(page.get_by_role("status")).to_have_text("4 người")
        assert page.evaluate("location.pathname") == "/"
        assert "Tra cứu" in page.title()

    def test_the_keyboard_alone_opens_a_chart(self, page: Page) -> None:
        page.locator("body").press("Tab")
        page.locator("main").focus()
        page.keyboard.press("/")
        expect(page.locator("#search")).to_be_focused()
        page.keyboard.type("nguyen thi hoa")
        page.keyboard.press("Enter")
        rows = page.locator("[data-row] a")
        expect(rows).to_have_count(4)
        page.keyboard.press("ArrowDown")
        expect(rows.nth(0)).to_be_focused()
        page.keyboard.press("ArrowDown")
        expect(rows.nth(1)).to_be_focused()
        page.keyboard.press("ArrowUp")
        page.keyboard.press("ArrowUp")
        expect(page.locator("#search")).to_be_focused()
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Escape")
        expect(page.locator("#search")).to_be_focused()
        page.keyboard.press("ArrowDown")
        address = rows.nth(0).get_attribute("href")
        page.keyboard.press("Enter")
        page.wait_for_url(f"**{address}")

    def test_a_slash_can_be_typed(self, page: Page) -> None:
        page.locator("#search").press_sequentially("hoa 15/05/1990")
        expect(page.locator("#search")).to_have_value("hoa 15/05/1990")

    def test_a_single_person_is_one_enter_away(self, page: Page) -> None:
        search(page, "045190000017")
        expect(page.locator("[data-row] a")).to_be_focused()

    def test_back_from_a_chart_shows_the_results_again(self, page: Page) -> None:
        search(page, "nguyen thi hoa")
        page.locator("[data-row] a").first.click()
        page.wait_for_url("**/citizens/*")
        page.go_back()
        expect(page.locator("[data-row]")).to_have_count(4)
        expect(page.locator("#search")).to_have_value("nguyen thi hoa")
        page.go_back()
        expect(page.locator(".welcome")).to_be_visible()

    def test_a_search_from_another_page_can_be_undone(self, page: Page) -> None:
        page.goto("/facilities")
        search(page, "hoa")
        assert page.evaluate("location.pathname") == "/"
        page.go_back()
        expect(page.locator(".senders")).to_be_visible()

    def test_nothing_is_kept_in_the_browser(self, page: Page) -> None:
        search(page, "045190000017")
        assert "045190000017" not in page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
        assert "045190000017" not in page.url

    def test_hostile_names_do_nothing(self, page: Page) -> None:
        search(page, "ho img")
        expect(page.locator("[data-row] a")).to_have_text(f"Hồ {HOSTILE}")
        assert "Tra cứu" in page.title()
        assert page.locator(".results img, .results b, .results i").count() == 0

    def test_a_failed_look_up_says_so(self, page: Page, complaints: list[str]) -> None:
        page.route(
            "**/lookup",
            lambda route: route.fulfill(status=503, content_type="text/html", body="<p>Sau ít phút</p>"),
        )
        page.locator("#search").fill("hoa")
        page.locator("#search").press("Enter")
        expect(page.locator("#content")).to_have_text("Sau ít phút")
        assert all("503" in complaint for complaint in complaints)
        complaints.clear()

    def test_a_server_that_is_away_is_told(self, page: Page, complaints: list[str]) -> None:
        page.route("**/lookup", lambda route: route.abort())
        page.locator("#search").fill("hoa")
        page.locator("#search").press("Enter")
        expect(page.get_by_role("alert")).to_contain_text("Không kết nối được máy chủ")
        complaints.clear()

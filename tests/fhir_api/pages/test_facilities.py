"""Who sends, as a table; and the choice of one's own facility."""

import re

import httpx
from playwright.sync_api import Page, expect


def lines(html: str) -> list[str]:
    rows = re.findall(r"<tr>\s*<th scope=\"row\">(.*?)</tr>", html, flags=re.DOTALL)
    return [" ".join(re.sub(r"<[^>]+>", " ", row).split()) for row in rows]


def test_lists_facilities_by_name_with_the_unknown_last(client: httpx.Client) -> None:
    found = lines(client.get("/facilities").text)
    assert [line.partition(" chưa rõ nhịp")[0] for line in found] == [
        "&lt;i&gt;Khoa&lt;/i&gt;",
        "Trạm Y tế xã Hướng Lập 45901",
        "Trung tâm Y tế khu vực Hướng Hóa 45902",
    ]


def test_columns_put_facilities_in_order_and_the_other_way_round(client: httpx.Client) -> None:
    html = client.get("/facilities?sort=resources").text
    assert [line[:4] for line in lines(html)] == ["Trạm", "&lt;", "Trun"]
    assert re.findall(r'aria-sort="(\w+)"><a href="([^"]+)"', html) == [("ascending", "?sort=-resources")]
    again = client.get("/facilities?sort=-resources").text
    assert [line[:4] for line in lines(again)] == ["&lt;", "Trun", "Trạm"]
    for odd in ("sort=x", "sort=--last", "page=0", "page=x", "page=99999", "sort=%00&page=%D9%A1"):
        assert client.get(f"/facilities?{odd}").status_code == 200
    assert lines(client.get("/facilities?page=2").text) == []


def test_tells_times_volumes_and_lags(client: httpx.Client) -> None:
    html = client.get("/facilities").text
    [line] = [line for line in lines(html) if line.startswith("Trung tâm")]
    assert "05/10/2026 15:00" in line
    assert "một nửa trong 7 ngày, lâu nhất 4 ngày" in line
    assert 'class="lag-3"' in html


def test_a_workplace_is_chosen_and_forgotten(page: Page) -> None:
    page.goto("/facilities")
    row = page.locator("tr", has_text="Hướng Lập")
    row.get_by_role("button").click()
    expect(row.get_by_role("button")).to_have_text("Nơi tôi làm việc")
    page.goto("/")
    expect(page.locator("#content")).to_contain_text("Nơi làm việc: Trạm Y tế xã Hướng Lập")
    page.locator("#search").fill("nguyen thi hoa")
    page.locator("#search").press("Enter")
    expect(page.locator("[data-row] a").first).to_have_attribute("href", "/citizens/hoa-1962")
    page.goto("/facilities")
    row.get_by_role("button").click()
    expect(row.get_by_role("button")).to_have_text("Chọn")


def test_a_workplace_may_be_any_text(client: httpx.Client) -> None:
    answer = client.post("/workplace", data={"facility": "Trạm; y=tế\r\nSet-Cookie: a=b"})
    assert answer.status_code == 303
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("workplace=")
    assert "Tr%E1%BA%A1m%3B" in cookie
    assert "HttpOnly" in cookie
    assert client.get("/").status_code == 200

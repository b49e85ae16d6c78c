"""The chart of a citizen as a page and in pieces."""

import re
from collections.abc import Iterator, Sequence
from html import unescape

import pytest
from httpx import Client, Response

from fhir_api.pages.chart.pages import PANELS
from projections.health_record.view import HealthRecord
from projections.view import Connection
from streams.recorded_fact import RecordedFact
from tests.fhir_api.pages.chart_citizens import HOSTILE, STATION, everybody, full_life
from tests.fhir_api.pages.chart_serving import chart_app, load
from tests.serving import served

PIECE = {"HX-Request": "true"}


@pytest.fixture(scope="module")
def client(module_database: str) -> Iterator[Client]:
    load(module_database, everybody())
    with served(chart_app(module_database)) as address, Client(base_url=address) as client:
        yield client


def text_of(response: Response) -> str:
    """What one reads on the page."""
    assert response.status_code == 200
    body = re.sub(r"(?s)<(script|style|title)\b.*?</\1>", "", response.text)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


def banner_of(client: Client, citizen: str, language: str = "vi") -> str:
    response = client.get(f"/citizens/{citizen}?lang={language}")
    banner = re.search(r'(?s)<header class="banner".*?</header>', response.text)
    assert banner
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", banner[0])).split())


def panel_of(client: Client, panel: str, citizen: str = "full") -> str:
    return text_of(client.get(f"/citizens/{citizen}/panels/{panel}", headers=PIECE))


# The banner.


def test_the_banner_says_who_it_is(client: Client) -> None:
    banner = banner_of(client, "full")
    assert banner.startswith("Hồ Văn Thử Sinh 1952")
    assert "Nam CCCD 0450****0017 BHYT GD44*******0017" in banner
    assert "Dị ứng Penicillin – Nổi mề đay (nặng), nguy cơ cao" in banner


def test_all_identifiers_are_a_click_away(client: Client) -> None:
    text = text_of(client.get("/citizens/full"))
    assert "CCCD 045052000017 BHYT GD4454500000017 Mã bệnh án BN-7" in text
    assert "Thôn Cuôi, Xã Hướng Lập, Tỉnh Quảng Trị" in text


def test_the_dead_are_told_with_their_age_at_death(client: Client) -> None:
    assert banner_of(client, "denies").startswith("Lê Thị Mai Đã mất 02/05/2026 lúc 75 tuổi Sinh 01/06/1950")


@pytest.mark.parametrize(
    ("citizen", "said"),
    [
        ("full", "Penicillin"),
        ("denies", "Không có dị ứng đã biết Không có tiền sử dị ứng"),
        ("bare", "Chưa ghi nhận thông tin về dị ứng"),
    ],
)
def test_allergies_are_never_blank(client: Client, citizen: str, said: str) -> None:
    assert said in banner_of(client, citizen)


def test_somebody_without_name_and_birth_date(client: Client) -> None:
    assert banner_of(client, "bare").startswith("Chưa có họ tên Chưa ghi ngày sinh Chưa ghi giới tính")
    assert "đã ngừng sử dụng" in text_of(client.get("/citizens/bare"))


def test_english(client: Client) -> None:
    with Client(base_url=client.base_url) as other:  # the choice of a language stays with the browser
        assert "Allergies Penicillin – Nổi mề đay (severe), high risk" in banner_of(other, "full", "en")
        assert re.match(r"1 Visits 3 As of \S+ \S+ All facilities", panel_of(other, "visits"))


# The panels.


def test_visits_of_all_facilities_newest_first(client: Client) -> None:
    text = panel_of(client, "visits")
    places = [text.index(date) for date in ("01/10/2026 08:00", "01/09/2026 08:00", "01/08/2026 08:00")]
    assert places == sorted(places)
    assert "Mọi cơ sở Trạm Y tế xã Hướng Lập 2 Bệnh viện Đa khoa Khe Sanh 1" in text
    assert "Chóng mặt Đái tháo đường típ 2 E11.9 Bệnh chính" in text
    assert "Chi tiết (4) · ghi nhận 05/10/2026 15:00" in text
    assert "Chi tiết (4) · nhập từ hồ sơ cũ, ghi nhận 05/10/2026" in text
    assert "ghi nhận muộn" not in text.casefold()


def test_visits_of_one_facility(client: Client) -> None:
    page = client.get("/citizens/full/panels/visits", headers=PIECE).text
    (address,) = re.findall(r'href="([^"]+)"[^>]*>Bệnh viện Đa khoa Khe Sanh', page)
    text = text_of(client.get(unescape(address), headers=PIECE))
    assert "01/09/2026 08:00" in text
    assert "01/10/2026 08:00" not in text


@pytest.mark.parametrize("query", ["from=99999999999999", "from=-1", "from=x", "facility=none"])
def test_odd_wishes_are_ignored(client: Client, query: str) -> None:
    page = client.get(f"/citizens/full/panels/visits?{query}")
    assert "01/10/2026 08:00" in text_of(page)


def test_the_other_panels(client: Client) -> None:
    problems = panel_of(client, "problems")
    assert "Đái tháo đường típ 2 E11.9" in problems
    assert "đang mắc · 2 cơ sở ghi" in problems
    assert "Trạm Y tế xã Hướng Lập · 2 lần, gần nhất 01/10/2026 08:00" in problems
    assert "Bệnh viện Đa khoa Khe Sanh · 01/09/2026 08:00" in problems
    medicines = panel_of(client, "medicines")
    assert medicines.index("Metformin 500 mg") < medicines.index("Đã dùng trước đây (1)")
    assert medicines.index("Đã dùng trước đây (1)") < medicines.index("Gliclazid 30 mg")
    assert "Uống mỗi lần 1 viên, ngày 2 lần" in medicines
    assert "Cúm mùa 1 10/2025" in panel_of(client, "immunisations")
    assert "Chuyển cơ sở Chuyển cơ sở khám bệnh" in panel_of(client, "orders")
    assert "Sinh hoá máu" in panel_of(client, "documents")
    assert "Thay băng" in panel_of(client, "acts")
    assert "Penicillin" in panel_of(client, "allergies")


def test_results_are_a_grid_of_days_with_units_apart(client: Client) -> None:
    text = panel_of(client, "results")
    assert "01/10/2026 01/09/2026 01/08/2026" in text
    assert re.search(r"Glucose máu mmol/L 3,9–7,8 9,1 ↑ ◷[^↑]* 7,25 ◷[^↑]* 11,5 ↑", text)
    assert "Glucose máu mg/dL" in text


def test_numbers_are_written_as_the_language_of_the_page_does(client: Client) -> None:
    english = text_of(client.get("/citizens/full/panels/results?lang=en", headers=PIECE))
    client.cookies.clear()
    assert re.search(r"Glucose máu mmol/L 3\.9–7\.8 9\.1 ↑ ◷[^↑]* 7\.25 ◷[^↑]* 11\.5 ↑", english)


def test_earlier_results_day_by_day(client: Client) -> None:
    newest = text_of(client.get("/citizens/full/panels/results", headers=PIECE))
    assert "Các ngày gần nhất" not in newest
    earlier = text_of(client.get("/citizens/full/panels/results?before=2026-09-01", headers=PIECE))
    assert "01/08/2026" in earlier
    assert "01/09/2026" not in earlier
    assert "Các ngày gần nhất" in earlier
    assert text_of(client.get("/citizens/full/panels/results?before=x", headers=PIECE)) == newest


def test_a_series_has_its_values_and_the_means_to_draw_them(client: Client) -> None:
    grid = client.get("/citizens/full/panels/results", headers=PIECE).text
    addresses = set(re.findall(r'href="(/citizens/full/series/[0-9a-f]{16})"', grid))
    pages = [client.get(address, headers=PIECE).text for address in addresses]
    (drawn,) = (page for page in pages if "data-plot" in page)
    (single,) = (page for page in pages if "data-plot" not in page)
    assert re.findall(r'data-value="([^"]+)"', drawn) == ["9.1", "7.25", "11.5"]
    assert 'data-low="3.9" data-high="7.8"' in drawn
    assert "131" in single


def test_a_visit_has_what_was_recorded_in_it(client: Client) -> None:
    text = text_of(client.get("/citizens/full/encounters/e2", headers=PIECE))
    assert "Vấn đề Đái tháo đường típ 2 E11.9 đang mắc" in text
    assert "Kết quả Glucose máu 7,25 mmol/L (3,9–7,8)" in text
    assert "Thủ thuật Thay băng" in text
    page = client.get("/citizens/full/encounters/e2", headers=PIECE).text
    assert 'href="/resources/Observation/g-e2"' in page
    assert 'href="/resources/Encounter/e2"' in page


# Pages and pieces.


@pytest.mark.parametrize(
    "address", [*(f"panels/{panel}" for panel in PANELS), "encounters/e1", "encounters/e2"]
)
def test_what_htmx_fetches_is_also_a_page(client: Client, address: str) -> None:
    piece = client.get(f"/citizens/full/{address}", headers=PIECE)
    page = client.get(f"/citizens/full/{address}")
    assert "<html" not in piece.text
    assert "<html" in page.text
    assert 'class="banner"' in page.text
    assert len(text_of(piece)) > 10


def test_every_link_of_the_chart_leads_somewhere(client: Client) -> None:
    page = client.get("/citizens/full").text
    links = {
        link for link in re.findall(r"(?:href|hx-get)=\"(/citizens/[^\"]+)\"", page) if "lang=" not in link
    }
    assert len(links) == 9
    assert {client.get(unescape(link)).status_code for link in links} == {200}


def test_nothing_runs_or_styles_within_the_page(client: Client) -> None:
    for citizen in ("full", "hostile"):
        page = client.get(f"/citizens/{citizen}")
        assert "script-src 'self'" in page.headers["content-security-policy"]
        assert page.headers["cache-control"] == "no-store"
        tags = re.findall(r"<[a-z][^>]*>", page.text)
        assert not [tag for tag in tags if re.search(r"\s(on\w+|style)=", re.sub(r'"[^"]*"', '""', tag))]
        assert not re.findall(r"<script(?![^>]*\ssrc=)", page.text)


@pytest.mark.parametrize("address", ["", *(f"/panels/{panel}" for panel in PANELS), "/encounters/he"])
def test_hostile_texts_are_shown_as_they_are(client: Client, address: str) -> None:
    page = client.get(f"/citizens/hostile{address}")
    assert HOSTILE in unescape(page.text)
    for attack in ("<script>window", "<img src=x", "<b>", "<i>"):
        assert attack not in page.text


def test_hostile_series(client: Client) -> None:
    page = client.get("/citizens/hostile/panels/results", headers=PIECE).text
    (address,) = set(re.findall(r'href="(/citizens/hostile/series/[0-9a-f]+)"', page))
    assert HOSTILE in unescape(client.get(address).text)
    assert "<script>window" not in client.get(address).text


# Who is not there, and what is not complete.


@pytest.mark.parametrize(
    "address",
    [
        "/citizens/nobody",
        "/citizens/nobody/panels/visits",
        "/citizens/full/panels/nothing",
        "/citizens/full/encounters/none",
        "/citizens/full/series/0000000000000000",
        "/citizens/a%20b",
        "/citizens/" + "a" * 65,
        "/citizens/%00",
    ],
)
def test_unknown_places(client: Client, address: str) -> None:
    response = client.get(address)
    assert response.status_code == 404
    assert "<html" in response.text


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ("encounters/none", "Hồ sơ này không có lượt khám ở địa chỉ này"),
        ("series/0000000000000000", "Hồ sơ này không có kết quả ở địa chỉ này"),
    ],
)
def test_a_missing_part_is_not_a_missing_person(client: Client, part: str, said: str) -> None:
    response = client.get(f"/citizens/full/{part}")
    assert response.status_code == 404
    assert said in response.text
    assert "Chưa cơ sở nào" not in response.text
    assert 'href="/citizens/full"' in response.text
    assert "Chưa cơ sở nào" in client.get(f"/citizens/nobody/{part}").text


class Refusing(HealthRecord):
    """A view that cannot show allergies."""

    def project(self, connection: Connection, facts: Sequence[RecordedFact]) -> None:
        types = {resource.version.type for fact in facts for resource in fact.resources}
        if "AllergyIntolerance" in types:
            raise ValueError
        super().project(connection, facts)


def test_a_parked_citizen(database: str) -> None:
    load(database, [full_life()], Refusing())
    with served(chart_app(database)) as address, Client(base_url=address) as client:
        text = text_of(client.get("/citizens/full"))
        assert re.search(r"HỒ SƠ CHƯA ĐẦY ĐỦ từ [\d/]+ [\d:]+ \(sự kiện số 5\)", text)
        assert "Chưa xác định được dị ứng: hồ sơ chưa hiển thị đầy đủ" in text
        assert "Không có dị ứng đã biết" not in text
        assert "Chưa ghi nhận" not in text


def test_a_view_that_lags(database: str) -> None:
    load(database, [[STATION]])
    load(database, [full_life()], Nothing())
    with served(chart_app(database)) as address, Client(base_url=address) as client:
        response = client.get("/citizens/full")
        assert response.status_code == 503
        assert "chưa hiển thị được" in unescape(response.text)


class Nothing(HealthRecord):
    """Another view, so that this one stays behind."""

    name = "nothing"

"""The data-linkage report: its numbers, its period, its files, on one sheet."""

import csv
import io
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from html import unescape

import httpx
import pytest
from playwright.sync_api import Browser

from ehr.dates import ZONE
from ehr.linking import Act
from fhir_api.pages.languages import Messages
from fhir_api.pages.report.reading import Period, read_report
from fhir_api.pages.report.tables import FORMULA, Table, as_csv
from tests.fhir_api.pages.review_serving import Site, shown, views
from tests.fhir_api.pages.running_place import DAILY, QUIET, running_place
from tests.pairing import CAPTURED
from tests.projections.citizens.stating import follow
from tests.projections.facilities.sending import send_daily
from tests.projections.facilities.test_silence import read
from tests.stating import looking

DAY = "from=2026-11-26&to=2026-11-26"
"""On which everything was decided here."""


@pytest.fixture(scope="module")
def site(module_database: str) -> Iterator[Site]:
    with running_place(module_database) as site:
        site.judge(Act.LINK, "binh-1", "binh-2")
        site.judge(Act.LINK, "lan-1", "lan-2", *CAPTURED, rule="1")
        site.judge(Act.UNLINK, "lan-1", "lan-2")
        site.judge(Act.JUDGE_DIFFERENT, "hostile-1", "hostile-2", recorded_at="2026-11-27T08:00:00.000Z")
        yield site


@pytest.fixture
def client(site: Site) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=site.address, timeout=60) as client:
        yield client


def tables(html: str) -> dict[str, list[list[str]]]:
    """id -> rows -> cells, the heads first."""
    return {
        name: [
            [unescape(cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row)]
            for row in re.findall(r"<tr>(.*?)</tr>", table, flags=re.DOTALL)
        ]
        for name, table in re.findall(r'<table id="(\w+)">(.*?)</table>', html, flags=re.DOTALL)
    }


def numbers(rows: list[list[str]]) -> list[list[str]]:
    return [row[1:] for row in rows[1:]]


def test_it_tells_who_is_registered_and_how_many_people_that_are(client: httpx.Client) -> None:
    found = tables(client.get(f"/report?{DAY}").text)
    assert found["people"][1:6] == [
        ["Bản ghi người bệnh đã đăng ký", "8"],
        ["trong đó còn dùng", "8"],
        ["Số người sau liên kết", "7"],
        ["Bản ghi liên kết với bản ghi khác", "2"],
        ["Còn dùng, đã từng khám", "2"],
    ]


def test_decisions_are_told_in_the_period_and_ever(client: httpx.Client) -> None:
    found = tables(client.get(f"/report?{DAY}").text)["links"]
    assert numbers(found) == [
        ["1", "1"],
        ["1", "1"],
        ["1", "1"],
        ["0", "1"],
        ["4", "4"],
        ["0", "0"],
        ["0", "0"],
    ]
    before = tables(client.get("/report?from=2020-01-01&to=2020-12-31").text)["links"]
    assert {row[0] for row in numbers(before)} == {"0"}


def test_facilities_numbers_coverage_and_warnings(client: httpx.Client) -> None:
    found = tables(client.get(f"/report?{DAY}").text)
    assert numbers(found["facilities"]) == [["4"], ["1"], ["1"], ["2"]]
    assert [row[0] for row in found["silent"][1:]] == [QUIET]
    assert found["numbers"][1] == ["Số định danh cá nhân (CCCD)", "0", "1", "2", "0"]
    assert found["coverage"][1:] == [
        ["Xã Hướng Lập", "7", "2", "28,6 %"],
        ["Xã Hướng Phùng", "1", "0", "0,0 %"],
        ["Tỉnh Quảng Trị, tất cả", "8", "2", "25,0 %"],
        ["Tất cả mọi người", "8", "2", "25,0 %"],
    ]
    assert numbers(found["warnings"]) == [["1"], *[["0"]] * 8], "only Nam and Lam wait"


def test_visits_of_the_period_are_counted(client: httpx.Client) -> None:
    today = datetime.now(UTC).astimezone(ZONE).date()
    found = tables(client.get(f"/report?from=2000-01-01&to={today}").text)["people"]
    assert found[6] == ["Phiên bản lượt khám ghi nhận trong kỳ", "41"]
    found = tables(client.get("/report?from=2000-01-01&to=2000-01-02").text)["people"]
    assert [row[1] for row in found[6:]] == ["0", "0"]


@pytest.mark.parametrize("odd", ["", "?from=2026-11-26", "?from=x&to=y", "?from=2026-11-26&to=2026-11-25"])
def test_without_a_period_it_is_this_month(client: httpx.Client, odd: str) -> None:
    today = datetime.now(UTC).astimezone(ZONE).date()
    text = shown(client.get(f"/report{odd}"))
    assert f"Từ {today:01/%m/%Y} đến hết {today:%d/%m/%Y}." in text
    assert ("Chưa hiểu kỳ đã gõ" in text) == bool(odd)


def test_a_period_is_typed_as_it_is_shown(client: httpx.Client) -> None:
    text = shown(client.get("/report", params={"from": "02/01/2026", "to": "3/4/2026"}))
    assert "Từ 02/01/2026 đến hết 03/04/2026." in text
    assert "Chưa hiểu" not in text


def test_files_have_what_the_page_has(client: httpx.Client) -> None:
    page = tables(client.get(f"/report?{DAY}").text)
    for name, rows in page.items():
        answer = client.get(f"/report/{name}.csv?{DAY}")
        assert answer.headers["content-type"] == "text/csv; charset=utf-8"
        assert f"{name}_2026-11-26_2026-11-26_" in answer.headers["content-disposition"]
        assert answer.content.startswith(b"\xef\xbb\xbf")
        lines = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
        assert lines[0] == rows[0]
        labels = {line[0].removeprefix("'") for line in lines}
        assert {row[0] for row in rows} <= labels
    assert client.get("/report/other.csv").status_code == 404


def test_no_field_of_a_file_is_calculated(client: httpx.Client) -> None:
    silent = client.get("/report/silent.csv").content.decode("utf-8-sig")
    assert f"\r\n'{QUIET}," in silent
    odd = Table("x", ["a"], [[f"{one}1"] for one in FORMULA], ())
    fields = csv.reader(io.StringIO(as_csv(odd).decode("utf-8-sig"), newline=""))
    assert all(field[0].startswith("'") for field in list(fields)[1:])
    typed = as_csv(Table("x", ["a"], [[-1, 0.25, datetime(2026, 1, 2, tzinfo=UTC), None]], ()))
    assert typed.decode("utf-8-sig").splitlines()[1] == "-1,0.2500,2026-01-02T00:00:00+00:00,"


def test_it_fits_on_one_sheet(browser: Browser, site: Site) -> None:
    page = browser.new_page(base_url=site.address)
    page.goto(f"/report?{DAY}")
    sheets = re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4"))
    page.close()
    assert len(sheets) == 1


def test_what_the_views_lack_is_said(client: httpx.Client, site: Site) -> None:
    with_park = "insert into views.parked values ('citizens', 1, gen_random_uuid(), 1, 'KeyError')"
    with looking(site.url) as connection:
        connection.execute(with_park)
        html = client.get("/report").text
        connection.execute("delete from views.parked")
    assert Messages("vi")("report.incomplete") in unescape(html)
    assert numbers(tables(html)["warnings"])[7] == ["1"]
    assert Messages("vi")("report.incomplete") not in unescape(client.get("/report").text)


def test_all_that_are_silent_are_named_and_facilities_alone(database: str) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    for facility in ("Đông", None, "Tây"):
        send_daily(database, facility, now - timedelta(days=9))
    send_daily(database, DAILY, now - timedelta(hours=1))
    follow(database, *views())
    found = read(database, read_report, Period(date(2026, 1, 1), date(2026, 1, 31)), now)
    assert {one.facility for one in found.silent} == {"Tây", "Đông"}
    assert found.silence
    assert (found.silence.silent, found.silence.senders) == (2, 3)

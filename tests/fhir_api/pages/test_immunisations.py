"""The panel of immunisations: the schedule at a glance, and what does not count."""

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from html import unescape
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from httpx import Client
from pypdf import PdfReader

from ehr.dates import ZONE
from ehr.vaccines.days import Days
from ehr.vaccines.judging import State
from ehr.vaccines.schedule import schedule
from fhir_api.pages import languages
from fhir_api.pages.chart.vaccines import due_text, lapse_text, vaccines_of
from fhir_api.pages.languages import LANGUAGES, Messages, catalogue
from projections.health_record.chart import Chart, Standing
from projections.health_record.vaccinations import Reason, Withheld
from tests.fhir_api.pages.chart_citizens import HOSPITAL, HOSTILE, STATION, encounter, of, patient
from tests.fhir_api.pages.chart_serving import chart_app, load
from tests.projections.health_record.kinds_reading import read
from tests.serving import served

TODAY = datetime.now(ZONE).date()
CVX = "http://hl7.org/fhir/sid/cvx"
PIECE = {"HX-Request": "true"}


def ago(days: int) -> str:
    return (TODAY - timedelta(days)).isoformat()


def written(day: str) -> str:
    return "/".join(reversed(day.split("-")))


def shot(id_: str, who: str, at: str, code: str, visit: str | None = None, **more: Any) -> dict[str, Any]:
    coding = {"coding": [{"system": CVX, "code": code}], "text": f"Vắc xin {code}"}
    return of(
        "Immunization", id_, who, visit, status="completed", vaccineCode=coding, occurrenceDateTime=at, **more
    )


def child() -> list[dict[str, Any]]:
    """Almost two years old: the second measles dose, at 18 months, was never given."""
    return [
        patient("child", name=[{"text": "Hồ Thị Bé"}], birthDate=ago(700)),
        encounter("v1", "child", f"{ago(420)}T08:00:00+07:00", "station", "Tiêm chủng mở rộng"),
        shot("measles", "child", ago(420), "05", "v1", lotNumber="MV-2509"),
        shot("too-soon", "child", ago(410), "05"),
        shot("bcg", "child", ago(690)[:7], "19", primarySource=False),
        shot("rabies", "child", ago(30), "18"),
        shot("odd", "child", ago(20), "x-1"),
    ]


def sister() -> list[dict[str, Any]]:
    """Her second vaccine against measles and rubella came too early against measles alone."""
    born = patient("sister", name=[{"text": "Hồ Thị Chị"}], birthDate=ago(700))
    return [born, shot("single", "sister", ago(420), "05"), shot("double", "sister", ago(410), "04")]


def toddler() -> list[dict[str, Any]]:
    """In his 13th month, without a dose against measles."""
    born = patient("toddler", name=[{"text": "Hồ Văn Tập"}], birthDate=ago(385))
    return [born, shot("t-bcg", "toddler", ago(384), "19")]


def evil() -> list[dict[str, Any]]:
    text = {"text": HOSTILE}
    named: dict[str, Any] = {"lotNumber": HOSTILE, "protocolApplied": [{"series": HOSTILE}]}
    unknown = {**named, "vaccineCode": text}
    measles = {**named, "vaccineCode": {"coding": [{"system": CVX, "code": "05"}], "text": HOSTILE}}
    shots: list[dict[str, Any]] = [
        {**unknown, "status": "completed", "occurrenceString": HOSTILE},
        {**unknown, "status": "not-done", "statusReason": text, "occurrenceDateTime": ago(9)},
        {**measles, "status": "completed", "occurrenceDateTime": ago(400)},
        {**measles, "status": "completed", "occurrenceDateTime": ago(600)},
    ]
    who = patient("evil", name=[text], birthDate=ago(700))
    return [who, *(of("Immunization", f"e{number}", "evil", **one) for number, one in enumerate(shots))]


@pytest.fixture(scope="module")
def client(module_database: str) -> Iterator[Client]:
    baby = [patient("baby", name=[{"text": "Hồ Văn Sơ"}], birthDate=ago(0))]
    undated = [patient("undated"), shot("u1", "undated", ago(100), "05")]
    load(module_database, [[STATION, HOSPITAL], child(), sister(), toddler(), evil(), baby, undated])
    with served(chart_app(module_database)) as address, Client(base_url=address) as client:
        yield client


def panel(client: Client, who: str, language: str = "vi") -> str:
    response = client.get(f"/citizens/{who}/panels/immunisations?lang={language}", headers=PIECE)
    assert response.status_code == 200
    return response.text


def text_of(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def calls_in(html: str) -> list[tuple[str, str]]:
    """(state, text) of what to act on, in order."""
    return re.findall(r'(?s)<li class="(\w+)">(.*?)</li>', html)


def cells(html: str, title: str) -> list[str]:
    """The texts of the row of one disease."""
    rows = re.findall(r'(?s)<tr>\s*<th scope="row">([^<]*)</th>(.*?)</tr>', html)
    (found,) = (rest for name, rest in rows if unescape(name) == title)
    return [text_of(cell) for cell in re.findall(r"(?s)<td[^>]*>(.*?)</td>", found)]


def due_at(months: int) -> date:
    person = date.fromisoformat(ago(700))
    year, month = divmod(person.year * 12 + person.month - 1 + months, 12)
    return min(date(year, month + 1, 1) + timedelta(person.day - 1), _last_of(year, month + 1))


def _last_of(year: int, month: int) -> date:
    return date(year + month // 12, month % 12 + 1, 1) - timedelta(1)


def test_whether_the_second_measles_dose_is_due_is_the_first_thing_to_read(client: Client) -> None:
    html = panel(client, "child")
    due = written(due_at(18).isoformat())
    (call,) = (text_of(text) for state, text in calls_in(html) if state == "overdue" and "Sởi" in text)
    assert re.fullmatch(rf"Quá hạn Sởi – mũi 2; Rubella – mũi 1: đến hạn {due}, đã quá [45] tháng", call)
    assert cells(html, "Sởi")[2].startswith(f"quá hạn {due}")


def test_a_dose_that_is_past_its_age_group_is_overdue_all_the_same(client: Client) -> None:
    calls = [(state, text_of(text)) for state, text in calls_in(panel(client, "toddler"))]
    (said,) = (text for _, text in calls if "Sởi – mũi 1" in text)
    assert re.match(
        r"Quá hạn, quá nhóm tuổi Sởi – mũi 1: đến hạn \d\d/\d\d/\d{4}, đã quá [34] tháng; chưa ghi nhận", said
    )
    assert cells(panel(client, "toddler"), "Sởi")[1].startswith("quá hạn")
    order = list(dict.fromkeys(state for state, _ in calls))
    assert order == sorted(order, key=["overdue", "missed", "due", "perhaps", "upcoming"].index)
    assert {"missed", "due"} <= set(order)
    with Client(base_url=client.base_url) as other:
        assert "Overdue, past the age group Measles – dose 1" in text_of(panel(other, "toddler", "en"))


def test_a_given_dose_says_when_where_and_of_which_lot(client: Client) -> None:
    html = panel(client, "child")
    first = cells(html, "Sởi")[1]
    assert first.startswith(written(ago(420)))
    assert "Vắc xin 05 · Trạm Y tế xã Hướng Lập · Số lô MV-2509" in first
    month = "/".join(reversed(ago(690)[:7].split("-")))
    assert cells(html, "Lao")[0].startswith(month)
    assert "theo sổ hoặc lời kể" in cells(html, "Lao")[0]


def test_what_does_not_count_is_told_apart_with_the_reason(client: Client) -> None:
    html = panel(client, "child")
    text = text_of(html)
    assert f"(mũi {written(ago(410))} quá sớm)" in cells(html, "Sởi")[2]
    assert "Không tính vào lịch (2)" in text
    least = written(ago(420 - 28))
    assert f"Sởi, mũi 2: cách mũi trước quá gần, sớm 18 ngày, chỉ tính từ {least}." in text
    assert "Không nhận ra vắc xin này theo mã hay tên" in text
    assert text.index("Ngoài lịch (1)") < text.index("Vắc xin 18")


TOO_SOON = {
    "vi": "Sởi, mũi 2: cách mũi trước quá gần, sớm 18 ngày, chỉ tính từ {least}.",
    "en": "Measles, dose 2: 18 d too soon after the dose before, would count from {least}.",
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("who", "code"), [("child", "05"), ("sister", "04")])
def test_the_summary_says_what_does_not_count_as_the_chart_does(
    client: Client, who: str, code: str, language: str
) -> None:
    with Client(base_url=client.base_url) as other:
        page = other.get(f"/citizens/{who}/summary?lang={language}").text
        paper = PdfReader(BytesIO(other.get(f"/citizens/{who}/summary.pdf?lang={language}").content))
    why = TOO_SOON[language].format(least=written(ago(420 - 28)))
    rows = [text_of(row) for row in re.findall(r"(?s)<tr><th scope=\"row\">Vắc xin.*?</tr>", page)]
    marked = [row for row in rows if why in row]
    assert [row.partition(f"Vắc xin {code}")[0] for row in marked] == [""]
    assert written(ago(410)) in marked[0]
    nothing = "Không tính vào lịch: " if language == "vi" else "Not counted: "
    assert (nothing + why in marked[0]) == (who == "child"), "hers counts against rubella"
    assert sum(nothing in row for row in rows) == (2 if who == "child" else 0)
    printed = re.sub(r"\s", "", "".join(one.extract_text() for one in paper.pages))
    assert all(word in printed for word in why.split())


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("vi", "Tính đến {on} theo Lịch tiêm chủng mở rộng (Thông tư {law}), dữ liệu"),
        ("en", "As of {on} by the national immunisation schedule (Circulars {law}), data"),
    ],
)
def test_it_says_by_what_it_was_computed_and_that_nobody_verified_it(
    client: Client, language: str, said: str
) -> None:
    text = text_of(client.get("/citizens/child/panels/immunisations", params={"lang": language}).text)
    client.cookies.clear()
    assert said.format(on=written(TODAY.isoformat()), law="10/2024/TT-BYT, 52/2025/TT-BYT") in text
    assert ("chưa được thẩm định lâm sàng" if language == "vi" else "not clinically verified") in text


def test_a_newborn_has_everything_to_come(client: Client) -> None:
    text = text_of(panel(client, "baby"))
    assert f"Đến hạn Lao, Viêm gan B – sơ sinh: từ {written(TODAY.isoformat())}" in text
    assert "Chưa ghi nhận mũi tiêm nào." in text


def test_without_a_birth_date_what_was_given_is_listed(client: Client) -> None:
    html = panel(client, "undated")
    assert "Chưa ghi ngày sinh: chưa tính được theo lịch tiêm chủng." in text_of(html)
    assert f"Vắc xin 05 {written(ago(100))}" in text_of(html)
    assert 'class="doses"' not in html


def test_english(client: Client) -> None:
    with Client(base_url=client.base_url) as other:  # the choice of a language stays with the browser
        html = panel(other, "child", "en")
    assert cells(html, "Measles")[2].startswith("overdue ")
    assert "Outside the schedule (1)" in text_of(html)
    assert "not clinically verified" in text_of(html)


def test_hostile_texts_stay_texts(client: Client) -> None:
    html = panel(client, "evil")
    assert "<script>" not in html
    assert "<img" not in html
    assert "{{7*7}}" in text_of(html)
    assert text_of(html).count("window.broken=1") > 10


def test_the_panel_is_in_the_chart_and_the_chart_asks_for_its_style(client: Client) -> None:
    page = client.get("/citizens/child").text
    assert 'class="doses"' in page
    (style,) = re.findall(r'href="(/static/vaccines[^"]+)"', page)
    assert client.get(style).status_code == 200


@pytest.mark.parametrize(
    ("moment", "state"),
    [("2026-07-09T16:59:59Z", State.UPCOMING), ("2026-07-09T17:00:00Z", State.DUE)],
)
def test_a_moment_that_is_looked_at_is_a_day_in_vietnam(moment: str, state: State) -> None:
    born = {"resourceType": "Patient", "id": "p", "birthDate": "2025-01-10"}
    entries = [entry for resource in (born, shot("m", "p", "2025-10-12", "05")) if (entry := read(resource))]
    chart = Chart(entries, {}, Standing(1, 1, None, None))
    found = vaccines_of(chart, datetime.fromisoformat(moment), Messages("vi"))["vaccinations"]
    (measles,) = (row for row in found.rows if row.antigen == "measles")
    assert measles.cells[2].state is state


# Words.


@pytest.mark.parametrize(
    ("earliest", "latest", "said"),
    [
        ("2026-03-10", "2026-03-10", "10/03/2026"),
        ("2026-03-01", "2026-03-31", "trong 03/2026"),
        ("2026-03-01", "2027-02-28", "khoảng 03/2026–02/2027"),
        ("2026-03-01", "2026-03-30", "khoảng 01/03/2026–30/03/2026"),
    ],
)
def test_due_days(earliest: str, latest: str, said: str) -> None:
    assert due_text(Days(date.fromisoformat(earliest), date.fromisoformat(latest)), Messages("vi")) == said


@pytest.mark.parametrize(
    ("end", "said"),
    [
        ("2026-01-10", "0 ngày"),
        ("2026-02-09", "30 ngày"),
        ("2026-02-10", "1 tháng"),
        ("2028-01-09", "23 tháng"),
        ("2028-01-10", "2 năm"),
        ("2031-01-09", "4 năm"),
    ],
)
def test_lapses(end: str, said: str) -> None:
    assert lapse_text(date(2026, 1, 10), date.fromisoformat(end), Messages("vi")) == said


GROUPS = ("antigen", "cell", "state", "call", "reason", "withheld", "lapse", "early")
PAGES = Path(languages.__file__).parent


def test_every_state_reason_and_antigen_has_a_name() -> None:
    called = set(State) - {State.GIVEN, State.AFTER, State.OVER}
    wanted = {f"vaccines.antigen.{antigen.key}" for antigen in schedule().antigens}
    wanted |= {f"vaccines.cell.{state}" for state in State if state is not State.GIVEN}
    wanted |= {f"vaccines.{group}.{state}" for state in called for group in ("state", "call")}
    wanted |= {f"vaccines.reason.{reason}" for reason in Reason if reason is not Reason.EARLY}
    wanted |= {f"vaccines.withheld.{reason}" for reason in Withheld}
    wanted |= {f"vaccines.lapse.{unit}" for unit in ("days", "months", "years")}
    wanted |= {f"vaccines.early.{reason}" for reason in ("age", "interval")}
    for language in LANGUAGES:
        named = {
            key for key in catalogue(language) if key.split(".")[:2] in [["vaccines", one] for one in GROUPS]
        }
        assert named == wanted


def test_every_other_text_is_used_and_there_in_both_languages() -> None:
    source = (PAGES / "templates" / "chart_immunisations.html").read_text(encoding="utf8")
    vietnamese, english = (
        [key for key in catalogue(one) if key.startswith("vaccines.")] for one in LANGUAGES
    )
    assert vietnamese == english
    others = [key for key in vietnamese if key.split(".")[1] not in GROUPS]
    assert len(others) > 10
    code = source + (PAGES / "chart" / "vaccines.py").read_text(encoding="utf8")
    assert [key for key in others if f'"{key}"' not in code] == []
    for key in vietnamese:
        places = [set(re.findall(r"\{\w+\}", catalogue(one)[key])) for one in LANGUAGES]
        assert places[0] == places[1], key

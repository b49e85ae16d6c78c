"""What a chart tells of other facilities: notices with their sources, problems, medicines, referrals."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import orjson
import pytest
from httpx import Client

from ehr.dates import ZONE
from ehr.interactions.table import Severity
from fhir_api.pages.languages import MESSAGES
from projections.citizens.view import Citizens
from projections.facilities.view import Facilities
from projections.health_record.referrals import State
from projections.health_record.view import HealthRecord
from projections.links.view import Links
from tests.fhir_api.pages.chart_citizens import (
    HOSPITAL,
    HOSTILE,
    SID,
    SNOMED,
    STATION,
    Json,
    coded,
    condition,
    encounter,
    glucose,
    of,
    patient,
)
from tests.fhir_api.pages.chart_serving import chart_app
from tests.projections.citizens.stating import Record, follow, put, run
from tests.serving import served

NOW = datetime.now(UTC)
CARD = {"identifier": [{"system": f"{SID}insurance_number", "value": "GD4454500000099"}]}
ATC = "http://www.whocc.no/atc"
TODAY = [NOW.astimezone(ZONE).date() + timedelta(days=number) for number in (0, 1)]
"""The day on which the tests run, and the next one, should it begin meanwhile."""


def ago(days: float) -> str:
    return (NOW - timedelta(days=days)).astimezone(ZONE).isoformat(timespec="seconds")


def visit(id_: str, citizen: str, start: float, end: float, facility: str, **more: Any) -> Json:
    period = {"start": ago(start), "end": ago(end)}
    return encounter(id_, citizen, "", facility, "Khám") | {"period": period, **more}


def prescription(id_: str, citizen: str, within: str, atc: str, text: str, **more: Any) -> Json:
    what = {"coding": [{"system": ATC, "code": atc}], "text": text}
    asked = {"status": "active", "intent": "order", "authoredOn": ago(2)}
    return of(
        "MedicationRequest", id_, citizen, within, **({"medicationCodeableConcept": what} | asked | more)
    )


def referral(id_: str, citizen: str, within: str, **more: Any) -> Json:
    return of(
        "ServiceRequest", id_, citizen, within, status="active", intent="order", authoredOn=ago(4),
        category=[coded(SNOMED, "3457005")], code={"text": f"Chuyển cơ sở {id_}"}, **more,
    )  # fmt: skip


def care() -> list[Json]:
    """Lê Thị Hai: at the station, in a bed at the hospital meanwhile, and back."""
    until = {"validityPeriod": {"end": f"{NOW + timedelta(days=20):%Y-%m-%d}"}}
    sent = {"performer": [{"reference": "Organization/hospital"}]}
    paper = of("Composition", "paper", "two", "stay", status="final", title="Giấy ra viện", date=ago(1))
    return [
        patient("two", name=[{"text": "Lê Thị Hai"}], birthDate="1960", **CARD),
        visit("up", "two", 5, 4.9, "station"),
        visit("stay", "two", 4, 1, "hospital", basedOn=[{"reference": "ServiceRequest/r1"}])
        | {"class": {"code": "IMP"}},
        visit("meanwhile", "two", 3, 2.9, "station", participant=[{"individual": {"display": "Y sĩ Hoa"}}]),
        *(encounter(f"t{n}", "two", day.isoformat(), "station", "Khám") for n, day in enumerate(TODAY)),
        referral("r1", "two", "up", **sent),
        referral("r2", "two", "meanwhile"),
        paper,
        prescription("w", "two", "up", "B01AA03", "Warfarin 2 mg",
                     requester={"display": "Bác sĩ Lan"}, dispenseRequest=until),
        prescription("i", "two", "stay", "M01AE01", "Ibuprofen 400 mg"),
        glucose("g1", "two", "up", ago(5), 9.1),
        glucose("g2", "two", "stay", ago(3.5), 8.2),
        condition("c1", "two", "up", "E11.9", "Đái tháo đường típ 2", recorder={"display": "Bác sĩ Lan"}),
        condition("c2", "two", "stay", "E119", "ĐTĐ"),
        of("Condition", "c3", "two", "meanwhile", code={"text": "dai thao duong tip 2"}),
        of("Condition", "c4", "two", "meanwhile", code={"text": "Đau lưng"}),
    ]  # fmt: skip


def trap() -> list[Json]:
    """Every text of the same is an attack, and so is a narrative."""
    text, elsewhere = {"text": HOSTILE}, {"serviceProvider": {"display": HOSTILE}}
    div = '<div xmlns="http://www.w3.org/1999/xhtml"><script>window.broken=1</script></div>'
    narrative = {"text": {"status": "generated", "div": div}}
    return [
        patient("trap", name=[text], **CARD, **narrative),
        visit("tu", "trap", 5, 4.9, "station", **narrative),
        visit("ts", "trap", 6, 1, "station") | {"class": {"code": "IMP"}, **elsewhere},
        *(
            encounter(f"tt{n}", "trap", day.isoformat(), "x", HOSTILE) | elsewhere
            for n, day in enumerate(TODAY)
        ),
        referral("tr", "trap", "tu", performer=[{"display": HOSTILE}], **narrative) | {"code": text},
        of("Composition", "tp", "trap", "ts", status="final", title=HOSTILE, **narrative),
        prescription("tw", "trap", "tu", "B01AA03", HOSTILE, requester={"display": HOSTILE}),
        prescription("ti", "trap", "ts", "M01AE01", HOSTILE, requester={"display": HOSTILE}),
        glucose("tg1", "trap", "tu", ago(5), 9.1) | {"code": text},
        glucose("tg2", "trap", "ts", ago(4), 9.1) | {"code": text},
        of("Condition", "tc1", "trap", "tu", code=text, recorder={"display": HOSTILE}, **narrative),
        of("Condition", "tc2", "trap", "ts", code=text, recorder={"display": HOSTILE}),
    ]


OTHERS = [
    patient("same-card", name=[{"text": "Lê Thị Khác"}], **CARD),
    *(encounter(f"o{n}", "same-card", day.isoformat(), "hospital", "Khám") for n, day in enumerate(TODAY)),
    patient("before", name=[{"text": "Lê Thị Trước"}]),
    visit("b1", "before", 70, 69.9, "station"),
    visit("b2", "before", 65, 64.9, "hospital"),
    glucose("bg1", "before", "b1", ago(70), 9.1),
    glucose("bg2", "before", "b2", ago(65), 8.2),
    patient("alone", name=[{"text": "Lê Thị Một"}]),
    encounter("only", "alone", ago(0), "station", "Khám"),
]


@pytest.fixture(scope="module")
def client(module_database: str) -> Iterator[Client]:
    async def state() -> None:
        async with Record(module_database) as record:
            transactions: list[list[Json]] = [[STATION, HOSPITAL], care(), trap(), OTHERS]
            for resources in transactions:
                changes = (put(resource, index) for index, resource in enumerate(resources))
                await record.state(*changes, facility="45902" if resources is OTHERS else "45901")

    run(state())
    follow(module_database, Citizens(), Facilities(), HealthRecord(), Links())
    with served(chart_app(module_database)) as address, Client(base_url=address) as client:
        yield client


def part(client: Client, citizen: str, id_: str = "elsewhere", language: str = "vi") -> tuple[str, str]:
    """(what one reads, HTML) of a section of the chart."""
    page = client.get(f"/citizens/{citizen}", params={"lang": language})
    assert page.status_code == 200
    found = re.search(rf'(?s)<section class="[^"]*" id="{id_}".*?</section>', page.text)
    html = found[0] if found else ""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split()), html


def test_who_is_only_known_here_has_no_notices(client: Client) -> None:
    assert part(client, "alone") == ("", "")


def test_what_is_from_before_alone_is_folded_under_a_line_that_says_so(client: Client) -> None:
    page = client.get("/citizens/before").text
    (html,) = re.findall(r'(?s)<details class="elsewhere" id="elsewhere">.*?</details>', page)
    text = " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())
    assert text.startswith("Ở cơ sở khác: chỉ có việc quá 30 ngày trước (1) Hai cơ sở cùng làm")
    assert 'id="elsewhere-title"' not in page
    assert 'id="elsewhere-title"' in client.get("/citizens/two").text


def test_medicines_that_interact(client: Client) -> None:
    text, html = part(client, "two")
    assert "Thận trọng khi phối hợp Warfarin với thuốc chống viêm không steroid" in text
    end = (NOW + timedelta(days=20)).strftime("%d/%m/%Y")
    assert f"đến {end} (theo thời hạn đơn) · người kê đơn: Bác sĩ Lan · Trạm Y tế xã Hướng Lập" in text
    assert "không rõ đến khi nào · Bệnh viện Đa khoa Khe Sanh" in text
    assert "CHƯA được kiểm chứng lâm sàng, không đầy đủ" in text
    assert 'href="https://pubmed.ncbi.nlm.nih.gov/32455439/" rel="noreferrer"' in html


def test_stays_tests_and_the_card(client: Client) -> None:
    text, html = part(client, "two")
    assert "Đợt điều trị trùng thời gian ở hai cơ sở Bệnh viện Đa khoa Khe Sanh (Nội trú)" in text
    assert 'href="/citizens/two/encounters/meanwhile"' in html
    assert "Hai cơ sở cùng làm trong vòng 30 ngày: Glucose máu Bệnh viện Đa khoa Khe Sanh" in text
    assert "Thẻ BHYT GD44*******0099 được dùng ở cơ sở khác trong cùng ngày" in text
    assert "hồ sơ hành chính khác mang cùng số thẻ, chưa liên kết" in text
    assert 'href="/citizens/same-card"' in html


def test_in_english(client: Client) -> None:
    with Client(base_url=client.base_url) as other:  # the choice of a language stays with the browser
        text, _ = part(other, "two", language="en")
    assert text.startswith("At other facilities Caution together Warfarin with an NSAID")
    assert "NOT clinically verified" in text
    assert "Overlapping stays at two facilities" in text


def test_what_links_to_places_leads_there(client: Client) -> None:
    _, html = part(client, "two")
    links = set(re.findall(r'href="(/citizens/[^"]+)"', html))
    assert len(links) >= 4
    assert {client.get(unescape(link)).status_code for link in links} == {200}


def test_one_problem_of_two_facilities_with_its_sources(client: Client) -> None:
    text, html = part(client, "two", "problems")
    assert text.startswith("2 Vấn đề sức khỏe 2")
    assert "2 cơ sở ghi" in text
    assert "ĐTĐ E119" in text
    station = r"Trạm Y tế xã Hướng Lập · 2 lần, gần nhất \S+ \S+ · Y sĩ Hoa · dai thao duong tip 2"
    assert re.search(station, text)
    assert re.search(r"Bệnh viện Đa khoa Khe Sanh · \S+ \S+", text)
    assert "Đau lưng" in text
    assert html.count('data-reference="Condition/') == 3


def test_who_prescribed_and_until_when(client: Client) -> None:
    text, _ = part(client, "two", "medicines")
    end = (NOW + timedelta(days=20)).strftime("%d/%m/%Y")
    assert re.search(
        rf"Warfarin 2 mg B01AA03 kê đơn \S+ \S+ đến {end} \(theo thời hạn đơn\) · người kê đơn: Bác sĩ Lan",
        text,
    )
    assert re.search(r"Ibuprofen 400 mg M01AE01 kê đơn \S+ \S+ không rõ đến khi nào", text)


def test_how_far_referrals_have_come(client: Client) -> None:
    text, _ = part(client, "two", "orders")
    assert re.search(r"Chuyển cơ sở r2 Đã chuyển chưa cơ sở nào ghi nhận đã đến", text)
    assert re.search(r"r1 Đã phản hồi tại Bệnh viện Đa khoa Khe Sanh \S+ \S+ · phản hồi: Giấy ra viện", text)


@pytest.mark.parametrize(
    "address", ["", "/panels/problems", "/panels/medicines", "/panels/orders", "/panels/documents"]
)
def test_hostile_texts_and_narratives_are_shown_as_they_are_or_not_at_all(
    client: Client, address: str
) -> None:
    page = client.get(f"/citizens/trap{address}")
    assert page.status_code == 200
    assert HOSTILE in unescape(page.text)
    for attack in ("<script>window", "<img src=x"):
        assert attack not in page.text


def test_every_text_is_used_and_every_state_has_one() -> None:
    texts = orjson.loads((MESSAGES / "elsewhere.vi.json").read_bytes())
    sources = "".join(path.read_text("utf8") for path in (MESSAGES.parent / "templates").glob("chart*.html"))
    composed = {f"elsewhere.severity.{one}" for one in Severity} | {f"elsewhere.state.{one}" for one in State}
    assert composed <= set(texts)
    assert {key for key in texts if f'"{key}"' not in sources} == composed


def test_hostile_notices(client: Client) -> None:
    text, html = part(client, "trap")
    assert text.count(HOSTILE) > 6
    assert "Thận trọng khi phối hợp" in text
    assert "Đợt điều trị trùng thời gian" in text
    assert "Hai cơ sở cùng làm" in text
    assert "<script" not in html

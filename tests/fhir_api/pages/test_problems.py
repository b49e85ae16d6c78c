"""The panel of problems: present ones, diagnoses of which nobody says whether they last, what is over."""

from collections.abc import Iterator

import pytest
from httpx import Client

from tests.fhir_api.pages.chart_citizens import Json, coded, condition, encounter, of, patient
from tests.fhir_api.pages.chart_serving import chart_app, load
from tests.fhir_api.pages.test_chart import text_of
from tests.serving import served

STATUS = "http://terminology.hl7.org/CodeSystem/condition-clinical"


def stated(id_: str, within: str, code: str, text: str, status: str | None) -> Json:
    one = condition(id_, "one", within, code, text)
    del one["clinicalStatus"]
    return one | ({"clinicalStatus": coded(STATUS, status)} if status else {})


ONE = [
    patient("one", name=[{"text": "Hồ Thị Cúc"}], birthDate="1950"),
    encounter("v1", "one", "2019-02-01T08:00:00+07:00", "station", "Ho"),
    encounter("v2", "one", "2021-03-01T08:00:00+07:00", "hospital", "Sốt"),
    encounter("v3", "one", "2026-04-01T08:00:00+07:00", "station", "Khám"),
    stated("c1", "v1", "J00", "Viêm mũi họng cấp", None),
    stated("c2", "v2", "A09", "Tiêu chảy", None),
    stated("c3", "v2", "J20.9", "Viêm phế quản cấp", "resolved"),
    stated("c4", "v1", "I10", "Tăng huyết áp", "active"),
    stated("c5", "v3", "I10", "Tăng huyết áp", None),
]
OLD = [
    patient("old", birthDate="1950"),
    of("Condition", "o1", "old", code={"text": "Sổ mũi"}, recordedDate="2019-05-01"),
]


@pytest.fixture(scope="module")
def client(module_database: str) -> Iterator[Client]:
    places = [
        {"resourceType": "Organization", "id": "station", "name": "Trạm Y tế xã Hướng Lập"},
        {"resourceType": "Organization", "id": "hospital", "name": "Bệnh viện Đa khoa Khe Sanh"},
    ]
    load(module_database, [places, ONE, OLD])
    with served(chart_app(module_database)) as address, Client(base_url=address) as client:
        yield client


@pytest.mark.parametrize("address", ["/citizens/one", "/citizens/one/panels/problems"])
def test_what_is_present_goes_first_and_what_is_over_last(client: Client, address: str) -> None:
    text = text_of(client.get(address))
    text = text[text.index("Vấn đề sức khỏe 4") :]
    told = (
        "Tăng huyết áp I10 đang mắc (theo ghi nhận 01/02/2019 08:00)",
        "2 lần, gần nhất 01/04/2026 08:00",
        "Chẩn đoán không nêu tình trạng (2)",
        "Tiêu chảy A09 Bệnh viện Đa khoa Khe Sanh · 01/03/2021 08:00",
        "Viêm mũi họng cấp J00 Trạm Y tế xã Hướng Lập · 01/02/2019 08:00",
        "Đã qua (1)",
        "Viêm phế quản cấp J20.9 đã khỏi",
    )
    assert [words for words in told if words not in text] == []
    assert sorted(map(text.index, told)) == list(map(text.index, told))


def test_a_cold_of_2019_is_no_present_problem(client: Client) -> None:
    panel = text_of(client.get("/citizens/old/panels/problems"))
    assert "Không có vấn đề nào được ghi nhận là đang mắc." in panel
    assert panel.index("Chẩn đoán không nêu tình trạng (1)") < panel.index("Sổ mũi")
    printed = text_of(client.get("/citizens/old/summary"))
    assert "Còn 1 chẩn đoán cũ hơn, không nêu tình trạng." in printed
    assert "Sổ mũi" not in printed


def test_in_english_too(client: Client) -> None:
    text = text_of(client.get("/citizens/one/panels/problems?lang=en"))
    assert "active (as stated 01/02/2019 08:00)" in text
    assert "Diagnoses without a stated state (2)" in text

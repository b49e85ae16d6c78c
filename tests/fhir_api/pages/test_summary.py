"""The summary as a page and as a PDF, read back by another library."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html import unescape
from io import BytesIO
from pathlib import Path

import orjson
import pytest
from httpx import Client
from msgspec.structs import replace
from pypdf import PageObject, PdfReader

from fhir_api import operations
from fhir_api.operations.document import CODES
from fhir_api.pages import languages
from fhir_api.pages.chart.banner import banner_of
from fhir_api.pages.languages import Messages
from fhir_api.pages.summary import pages, paper
from fhir_api.pages.summary.paper import BOLD, MARGIN, MOST_HEAD_LINES, PLAIN, WIDTH, wrapped
from fhir_api.pages.summary.sections import notices_of, sections_of
from fhir_api.pages.summary.sheet import allergies_of
from fhir_api.pages.summary.typeface import UNKNOWN
from projections.facilities.silence import Rhythmic, Silence
from projections.facilities.view import Facilities
from projections.health_record.chart import Chart, Standing
from projections.health_record.entry import Coded
from tests.fhir_api.pages.chart_citizens import HOSTILE, everybody, full_life, of, patient
from tests.fhir_api.pages.chart_serving import chart_app, load
from tests.fhir_api.pages.test_chart import Refusing, text_of
from tests.fhir_api.pages.test_review import has_loop
from tests.projections.citizens.stating import follow
from tests.projections.health_record.test_chart import allergy, chart, medicine, problem
from tests.serving import served

NAME = "Nguyễn Thị Quỳnh Như Đặng Ỹ Ợ ữ ằ ẵ"
ALPHABET = "aàảãáạăằẳẵắặâầẩẫấậbcdđeèẻẽéẹêềểễếệghiìỉĩíịklmnoòỏõóọôồổỗốộơờởỡớợpqrstuùủũúụưừửữứựvxyỳỷỹýỵ"
MANY = [
    patient("many", name=[{"text": NAME}], birthDate="1960-02-03"),
    *(of("Immunization", f"i{n}", "many", status="completed", vaccineCode={"text": f"Vắc xin {n}"},
         occurrenceDateTime=f"2020-01-{n % 28 + 1:02}") for n in range(50)),
    *(of("Condition", f"c{n}", "many", code={"text": f"Vấn đề sức khỏe thứ {n}"}) for n in range(50)),
]  # fmt: skip
SOMEBODY = {b"X-EHR-User": "Bác sĩ Hồ Thị Ngữ".encode(), b"X-EHR-Facility": b"45901"}
STRANGE = patient("strange", name=[{"text": "Hồ 漢字 😀 Đa"}], birthDate="1960")


@pytest.fixture(scope="module")
def address(module_database: str) -> Iterator[str]:
    load(module_database, [*everybody(), MANY, [STRANGE]])
    follow(module_database, Facilities())
    with served(chart_app(module_database)) as address:
        yield address


@pytest.fixture
def client(address: str) -> Iterator[Client]:
    """Whoever has chosen no language yet."""
    with Client(base_url=address) as client:
        yield client


def pdf(client: Client, citizen: str, **wishes: str) -> PdfReader:
    answer = client.get(f"/citizens/{citizen}/summary.pdf", params=wishes)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
    assert answer.headers["content-disposition"] == 'inline; filename="summary.pdf"'
    return PdfReader(BytesIO(answer.content), strict=True)


def text(reader: PdfReader) -> str:
    return " ".join(" ".join(page.extract_text() for page in reader.pages).split())


def test_the_page_says_what_matters_most(client: Client) -> None:
    said = text_of(client.get("/citizens/full/summary"))
    for told in (
        "Hồ Văn Thử Sinh 1952",
        "Nam · CCCD 045052000017 · BHYT GD4454500000017",
        "Dị ứng: Penicillin",
        "Thuốc đang dùng",
        "Metformin 500 mg Uống mỗi lần 1 viên, ngày 2 lần · không rõ đến khi nào 01/10/2026 Trạm Y tế",
        "Đái tháo đường típ 2 (E11.9)",
        "9,1 mmol/L (cao); 01/09/2026: 7,25 mmol/L; 01/08/2026: 11,5 mmol/L (cao)",
        "(trị số bình thường 3,9–7,8)",
        "Chuyển cơ sở: Chuyển cơ sở khám bệnh",
        "Người in: chưa đăng nhập",
    ):
        assert told in said
    assert "Gliclazid" not in said


def test_the_chart_leads_to_it_by_a_key_and_it_to_the_file(client: Client) -> None:
    chart, page = client.get("/citizens/full").text, client.get("/citizens/full/summary").text
    assert re.search(r'href="/citizens/full/summary" data-key="p"', chart)
    assert re.search(r'href="/citizens/full/summary.pdf" data-key="p"', page)


@pytest.mark.parametrize("citizen", ["full", "denies", "bare", "many"])
@pytest.mark.parametrize("language", ["vi", "en"])
def test_the_file_says_what_the_page_says(client: Client, citizen: str, language: str) -> None:
    page = client.get(f"/citizens/{citizen}/summary?lang={language}").text
    page = page[page.index("<main") : page.index("</main")]
    cells = re.findall(r"(?s)<(?:h2|td|th)[^>]*>([^<]+)</", page)
    written = re.sub(r"\s", "", text(pdf(client, citizen, lang=language)))
    assert len(cells) > 3
    for cell in cells:
        for word in unescape(cell).split():
            assert word in written


def test_each_page_of_the_file_says_whose_it_is_and_who_printed_it(client: Client) -> None:
    reader = PdfReader(BytesIO(client.get("/citizens/many/summary.pdf", headers=SOMEBODY).content))
    assert len(reader.pages) > 2
    for number, page in enumerate(reader.pages, 1):
        said = " ".join(page.extract_text().split())
        assert NAME.upper() in said
        assert "Sinh 03/02/1960" in said
        assert "Chưa ghi nhận thông tin về dị ứng" in said
        assert "Người in: Bác sĩ Hồ Thị Ngữ, Trạm Y tế xã Hướng Lập" in said
        assert re.search(r"In lúc \d\d/\d\d/\d{4} \d\d:\d\d", said)
        assert f"Trang {number}/{len(reader.pages)}" in said


def test_who_printed_the_page_stands_on_it(client: Client) -> None:
    said = text_of(client.get("/citizens/full/summary", headers=SOMEBODY))
    assert "Người in: Bác sĩ Hồ Thị Ngữ, Trạm Y tế xã Hướng Lập" in said


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("vi", "Người in: BS Lan (tên đã nhập trên trình duyệt này, chưa đăng nhập)"),
        ("en", "by: BS Lan (the name given on this browser, not signed in)"),
    ],
)
def test_a_name_that_was_given_on_this_browser_is_told_as_no_more_than_that(
    client: Client, language: str, said: str
) -> None:
    client.cookies.set("writer", "BS%20Lan%0A%07")
    assert said in text_of(client.get(f"/citizens/full/summary?lang={language}"))
    assert said in text(pdf(client, "full", lang=language))
    signed_in = text_of(client.get("/citizens/full/summary", headers=SOMEBODY))
    assert "BS Lan" not in signed_in


def test_a_workplace_alone_names_nobody(client: Client) -> None:
    client.cookies.set("workplace", "45901")
    said = text_of(client.get("/citizens/full/summary"))
    assert "Người in: chưa đăng nhập, Trạm Y tế xã Hướng Lập" in said


def test_the_file_tells_its_language_and_title_and_no_name(client: Client) -> None:
    for language in ("vi", "en"):
        reader = pdf(client, "full", lang=language)
        assert str(reader.root_object["/Lang"]) == language
        assert reader.metadata is not None
        assert reader.metadata.title == Messages(language)("summary.title")


def test_every_letter_of_vietnamese_is_in_both_typefaces() -> None:
    for style in (PLAIN, BOLD):
        for letters in (ALPHABET, ALPHABET.upper(), "–·≥≤≈±×µ°½²³₂αβ“”‘’…→↑↓"):
            assert style.font.shown(letters) == letters


def test_letters_that_are_put_together_are_written_as_one() -> None:
    assert PLAIN.font.shown("Nguye\u0302\u0303n\n Thi\u0323") == "Nguyễn Thị"


def test_characters_that_nobody_can_show_are_marked(client: Client) -> None:
    assert f"HỒ {UNKNOWN * 2} {UNKNOWN} ĐA" in text(pdf(client, "strange"))


def test_lines_are_no_wider_than_their_column() -> None:
    for words in (NAME * 5, "x" * 400, "", "a " * 300, f"{'y' * 90} z"):
        lines = wrapped(words, PLAIN, 100)
        assert all(PLAIN.font.width(line, PLAIN.size) <= 100 for line in lines)
        assert "".join(lines).replace(" ", "") == words.replace(" ", "")


def test_nothing_is_written_beyond_the_margins(client: Client) -> None:
    for citizen in ("many", "hostile", "full"):
        for page in pdf(client, citizen).pages:
            places = beginnings(page)
            assert len(places) > 5
            assert all(MARGIN - 1 <= x < WIDTH - MARGIN and y >= MARGIN - 1 for x, y in places)


def beginnings(page: PageObject) -> list[tuple[float, float]]:
    """Where on a page its texts begin, from its lower left corner."""
    places: list[tuple[float, float]] = []

    def note(text: str, _: object, matrix: list[float], *__: object) -> None:
        if text.strip():
            places.append((matrix[4], matrix[5]))

    page.extract_text(visitor_text=note)
    return places


def test_hostile_texts_are_shown_as_they_are(client: Client) -> None:
    page = client.get("/citizens/hostile/summary").text
    assert HOSTILE in unescape(page)
    assert "<script>window" not in page
    assert "<img src=x" not in page
    shown = re.sub(r"\s", "", text(pdf(client, "hostile")))
    assert re.sub(r"\s", "", HOSTILE) in shown


def test_a_file_is_small(client: Client) -> None:
    assert len(client.get("/citizens/full/summary.pdf").content) < 100_000


def test_the_file_is_made_beside_the_event_loop(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    in_loop: list[bool] = []

    def written(*arguments: object) -> bytes:
        in_loop.append(has_loop())
        return paper.pdf_of(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(pages, "pdf_of", written)
    assert client.get("/citizens/full/summary.pdf").status_code == 200
    assert in_loop == [False]


@pytest.mark.parametrize("form", ["summary", "summary.pdf"])
def test_whoever_is_not_there(client: Client, form: str) -> None:
    for citizen in ("nobody", "a%20b", "a" * 65):
        assert client.get(f"/citizens/{citizen}/{form}").status_code == 404


def test_a_chart_that_is_not_complete_says_so(database: str) -> None:
    load(database, [full_life()], Refusing())
    with served(chart_app(database)) as address, Client(base_url=address) as client:
        for said in (text_of(client.get("/citizens/full/summary")), text(pdf(client, "full"))):
            assert re.search(r"HỒ SƠ CHƯA ĐẦY ĐỦ từ \d\d/\d\d/\d{4} \d\d:\d\d \(sự kiện số", said)
            assert "Chưa xác định được dị ứng" in said
            assert "Chưa hiển thị được gì: hồ sơ chưa đầy đủ." in said
            assert "Chưa ghi nhận" not in said


def test_on_each_sheet_dangerous_allergies_go_first_and_those_that_are_over_say_so() -> None:
    over = [allergy(f"o{n}", clinical="resolved") for n in range(6)]
    severe = replace(allergy("s", criticality="high"), code=Coded("Penicillin " * 9))
    t, now = Messages("vi"), datetime(2026, 11, 26, 8, tzinfo=UTC)
    banner = banner_of(chart(*over, allergy("a"), severe), now, t)
    said = allergies_of(banner, t)
    assert said.startswith("Dị ứng: Penicillin Penicillin Penicillin…; x; x (đã hết")
    assert said.endswith("; và 2 dị ứng khác")
    assert len(wrapped(said, BOLD, WIDTH - 2 * MARGIN)) <= MOST_HEAD_LINES


def test_what_is_not_to_be_given_and_what_is_only_proposed_say_so() -> None:
    t, now = Messages("vi"), datetime(2026, 10, 5, 8, tzinfo=UTC)
    one = chart(medicine("w", "Warfarin", forbidden=True), medicine("p", "Aspirin", intent="proposal"))
    rows = next(part.rows for part in sections_of(one, now, t) if part.name == "medicines")
    assert [row.what for row in rows] == ["KHÔNG dùng: Warfarin", "Aspirin"]
    assert "mới đề nghị, chưa kê đơn" in rows[1].more


@pytest.mark.parametrize(("composed", "said"), [(True, "2,5 mg · uống"), (False, "2.5 mg · uống")])
def test_the_numbers_of_a_dosage_are_those_of_the_language_but_words_stay(composed: bool, said: str) -> None:
    one = chart(medicine("w", "Warfarin", dosage="2.5 mg · uống", composed=composed))
    now = datetime(2026, 10, 5, 8, tzinfo=UTC)
    parts = sections_of(one, now, Messages("vi"))
    (row,) = next(part.rows for part in parts if part.name == "medicines")
    assert row.more.startswith(said)


NOW = datetime(2026, 11, 26, 8, tzinfo=UTC)
SINCE = {"c0": "2026-11-01", "c1": "2025-11-26", "c2": "2025-11-25", "c3": "2025", "c4": "2019", "c5": None}


@pytest.mark.parametrize(
    ("entries", "told", "left_out"),
    [
        (SINCE, ["c0", "c1", "c3", "c5"], "Còn 2 chẩn đoán cũ hơn, không nêu tình trạng."),
        (["c2", "c4"], [], "Còn 2 chẩn đoán cũ hơn, không nêu tình trạng."),
        (["c0"], ["c0"], ""),
    ],
)
def test_of_diagnoses_without_a_state_those_of_a_year_are_told_and_others_counted(
    entries: list[str], told: list[str], left_out: str
) -> None:
    ones = [problem(id_, Coded(id_), SINCE[id_], clinical=None) for id_ in entries]
    sections = {part.name: part for part in sections_of(chart(*ones), NOW, Messages("vi"))}
    section = sections["diagnoses"]
    assert section.title == "Chẩn đoán không nêu tình trạng"
    assert sorted(row.what for row in section.rows) == told
    assert section.left_out == left_out
    assert section.rows or section.nothing == left_out
    assert sections["problems"].rows == []
    assert sections["problems"].nothing == "Không có vấn đề nào được ghi nhận là đang mắc."
    assert "past" not in sections


def test_a_diagnosis_without_a_state_is_dated_by_when_it_was_stated() -> None:
    one = problem("c", Coded("Ho"), "2010", onset="2010", clinical=None, recorded="2026-10-02")
    (row,) = next(part.rows for part in sections_of(chart(one), NOW, Messages("vi")) if part.rows)
    assert row.when == "02/10/2026"


def test_a_problem_is_told_by_the_statement_of_its_state_too() -> None:
    code = Coded("Tăng huyết áp", "http://hl7.org/fhir/sid/icd-10", "I10")
    stated = problem("p", code, "2020-05-01", categories=["problem-list-item"])
    found = problem("d", code, "2026-10-02", clinical=None)
    (row,) = next(part.rows for part in sections_of(chart(stated, found), NOW, Messages("vi")) if part.rows)
    assert [entry.origin.id for entry in row.entries] == ["d", "p"]
    assert "đang mắc (theo ghi nhận 01/05/2020)" in row.more


def test_without_diagnoses_there_is_no_section_of_them() -> None:
    assert "diagnoses" not in [part.name for part in sections_of(chart(), NOW, Messages("vi"))]


def test_facilities_that_are_silent_are_told() -> None:
    hour = timedelta(hours=1)
    now = datetime(2026, 11, 26, 8, tzinfo=UTC)
    silent = Rhythmic("45901", "Trạm Y tế xã Hướng Lập", now - 90 * hour, 24, now - 66 * hour)
    regular = Rhythmic("45902", "Trung tâm Y tế", now - hour, 24, now + 23 * hour)
    standing = Standing(9, 9, now, None, silence=Silence(now, 2, 1, 0, [silent, regular]))
    (said,) = notices_of(Chart([], {}, standing), Messages("vi"))
    assert "Trạm Y tế xã Hướng Lập (gửi gần nhất 22/11/2026 21:00; thường cách không quá 24 giờ)." in said
    assert "Trung tâm" not in said


def test_every_text_is_there_in_both_languages_and_used() -> None:
    vietnamese, english = (
        orjson.loads((languages.MESSAGES / f"summary.{language}.json").read_bytes())
        for language in ("vi", "en")
    )
    assert list(vietnamese) == list(english)
    for key, said in vietnamese.items():
        assert (
            re.findall(r"\{\w+\}", said) == re.findall(r"\{\w+\}", english[key]) or key == "summary.printed"
        )
    pages_, operations_ = languages.MESSAGES.parent, Path(str(operations.__file__)).parent
    files = [*pages_.glob("templates/*.html"), *pages_.glob("summary/*.py"), *operations_.glob("*.py")]
    named = set(re.findall(r't\("(summary\.[a-z_]+)"', "".join(file.read_text() for file in files)))
    put_together = {f"summary.{name}" for name in ("what", "more", "when", "where", *CODES)}
    assert set(vietnamese) == named | put_together

"""What a document says, as plain text above its FHIR text."""

import base64
import re
from collections.abc import Iterator
from html import unescape
from typing import Any

import orjson
import pytest
from httpx import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from fhir_api.pages.chart import readable as module
from fhir_api.pages.chart.readable import DOCUMENTS, Other, Part, Readable, readable, text_of_markup
from projections.fhir_resources.view import FhirResources
from tests.fhir_api.intake.valid_resources import resources
from tests.fhir_api.pages.chart_citizens import HOSTILE, Json, of, patient
from tests.fhir_api.pages.chart_serving import chart_app, load
from tests.fhir_api.pages.test_chart import text_of
from tests.projections.citizens.stating import follow
from tests.serving import served

XHTML = '<div xmlns="http://www.w3.org/1999/xhtml">{}</div>'


def narrative(markup: str) -> Json:
    return {"status": "additional", "div": XHTML.format(markup)}


def attachment(kind: str, content: bytes, **more: Any) -> Json:
    return {"contentType": kind, "data": base64.b64encode(content).decode(), **more}


def read(type_: str, **elements: Any) -> Readable:
    return readable(type_, orjson.dumps({"resourceType": type_, **elements}))


def attached(*attachments: Json) -> Readable:
    return read("DocumentReference", content=[{"attachment": one} for one in attachments])


SECTIONS = [
    {
        "title": "Lý do <b>vào</b> viện",
        "text": narrative("<p>Sốt &amp; ho.</p><p>Đau đầu<br/>từ hôm qua.</p>"),
        "section": [
            {"title": "Tiền sử", "text": narrative("<table><tr><td>Hen</td><td>2010</td></tr></table>")}
        ],
    },
    {"title": "Hướng điều trị", "text": narrative(f"Uống thuốc. {HOSTILE}")},
]
LETTER = "Kính gửi đồng nghiệp,\n\nBệnh nhân đã khỏi.\nTái khám sau 7 ngày."
CARE = [
    patient("who", name=[{"text": "Hồ Thị Giấy"}], birthDate="1990"),
    {
        "resourceType": "Composition",
        "id": "co",
        "status": "final",
        "title": "Giấy ra viện",
        "date": "2026-10-01",
        "subject": {"reference": "Patient/who"},
        "type": {"text": "Giấy ra viện"},
        "author": [{"display": "Bác sĩ Lan"}],
        "section": SECTIONS,
    },
    of(
        "DocumentReference",
        "dr",
        "who",
        status="current",
        description="Thư của bệnh viện",
        content=[
            {"attachment": attachment("text/plain; charset=utf-8", LETTER.encode(), title="Thư")},
            {"attachment": attachment("text/html", b"<h1>T&ecirc;n</h1><script>evil()</script><p>ok")},
            {"attachment": attachment("application/pdf", b"%PDF-1.4 x", title="Bản quét")},
        ],
    ),
    of(
        "DiagnosticReport",
        "re",
        "who",
        status="final",
        code={"text": "CT sọ não"},
        conclusion="Không thấy xuất huyết.",
        presentedForm=[attachment("text/plain", "Mô tả: não thất bình thường.".encode())],
    ),
]


@pytest.fixture(scope="module")
def client(module_database: str) -> Iterator[Client]:
    load(module_database, [CARE])
    follow(module_database, FhirResources())
    with served(chart_app(module_database)) as address, Client(base_url=address, timeout=60) as client:
        yield client


def says(client: Client, reference: str) -> str:
    """The part of a resource's page that tells what it says, as it was sent."""
    page = client.get(f"/resources/{reference}").text
    found = re.search(r'(?s)<section class="panel says".*?</section>', page)
    assert found
    assert found.end() < page.index("<pre")
    return found[0]


def test_a_summary_shows_its_sections_under_their_titles(client: Client) -> None:
    html = says(client, "Composition/co")
    assert "<h3>Lý do &lt;b&gt;vào&lt;/b&gt; viện</h3><p>Sốt &amp; ho.</p>\n<p>Đau đầu</p>" in html
    assert "<h4>Tiền sử</h4><p>Hen · 2010</p>" in html
    assert "<h3>Hướng điều trị</h3><p>Uống thuốc." in html
    assert "window.broken" not in html
    assert not re.search(r"<(script|img|table|br|div)", html)


def test_attached_texts_are_shown_and_others_named(client: Client) -> None:
    html = says(client, "DocumentReference/dr")
    assert "<h3>Thư</h3>" in html
    assert "<p>Bệnh nhân đã khỏi.\nTái khám sau 7 ngày.</p>" in html
    assert "<p>Tên</p>\n<p>ok</p>" in html
    assert "evil" not in html
    assert "<li>Bản quét · application/pdf · 10 B</li>" in html


def test_a_report_shows_its_conclusion_and_its_text(client: Client) -> None:
    html = says(client, "DiagnosticReport/re")
    assert "<p>Không thấy xuất huyết.</p>" in html
    assert "<p>Mô tả: não thất bình thường.</p>" in html


def test_what_is_no_document_says_nothing_of_the_kind(client: Client) -> None:
    page = client.get("/resources/Patient/who")
    assert "Hồ Thị Giấy" in text_of(page)
    assert "panel says" not in page.text


@pytest.mark.parametrize(
    ("reference", "title"),
    [
        ("Composition/co", "Giấy ra viện"),
        ("DocumentReference/dr", "Thư của bệnh viện"),
        ("DiagnosticReport/re", "CT sọ não"),
    ],
)
def test_the_title_of_a_document_leads_to_it(client: Client, reference: str, title: str) -> None:
    panel = unescape(client.get("/citizens/who/panels/documents").text)
    assert f'<a href="/resources/{reference}">{title}</a>' in panel
    then = unescape(client.get("/citizens/who/at/4/panels/documents").text)
    assert f'<a href="/resources/{reference}/at/4">{title}</a>' in then


def test_how_much_is_left_out_is_said(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_PARTS", 1)
    text = text_of(client.get("/resources/Composition/co"))
    assert "Còn 2 phần không hiển thị ở đây" in text
    monkeypatch.setattr(module._Reading, "__init__", small(10, 1000))
    text = text_of(client.get("/resources/DiagnosticReport/re"))
    assert "Không thấy Còn 12 ký tự không hiển thị ở đây" in text


def small(room: int, markup: int) -> Any:
    begin = module._Reading.__init__

    def beginning(self: Any) -> None:
        begin(self, room=room, markup=markup)

    return beginning


def test_markup_that_is_too_long_is_read_in_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module._Reading, "__init__", small(1000, 5))
    read_ = attached(attachment("text/html", b"<p>abcdefgh"), attachment("text/plain", b"xyz"))
    assert read_.parts == [Part("", 0, ["ab"], 6), Part("", 0, [], 3)]


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("a<script>x</script>b<style>y</style>c", "abc"),
        ("a<SCRIPT>x<b></script >b", "ab"),
        ("a<script>never closed <p>x</p>", "a"),
        ("a<script/>b", "ab"),
        ("a<title>x</title><!-- y --><?z z?>b", "ab"),
        ("<scr<script>x</script>ipt>a", "xipt>a"),
        ("&amp;lt;b&amp;gt; &lt;i&gt; &#60;u&#62; &Agrave;", "&lt;b&gt; <i> <u> À"),
        ("<p>a\n  b</p><pre>c\n  d</pre><ul><li>e<li>f</ul>", "a b\n\nc\n  d\n\ne\n\nf"),
        ("<tr><th>a</th><td>b</td></tr><tr><td></td><td>c</td></tr>", "a · b\n\nc"),
        ("<a href='javascript:x()' onclick='y()'>z</a><img src=x onerror=y()>", "z"),
        ("</p></script></pre>a\0b", "ab"),
        ("a < b", "a < b"),
        ("", ""),
    ],
)
def test_the_text_of_markup(markup: str, text: str) -> None:
    assert text_of_markup(markup) == text


@given(st.text(alphabet="<>/!-&;#\"' abpscript=\0\n", max_size=200))
def test_any_markup_has_some_text(markup: str) -> None:
    assert "\0" not in text_of_markup(markup)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            {"contentType": "application/pdf", "url": "http://x/a.pdf", "size": 2048},
            Other("", "application/pdf", 2048),
        ),
        ({"url": "http://x/a"}, Other("", "", None)),
        ({"contentType": "text/plain"}, Other("", "text/plain", None)),
        (attachment("text/plain; charset=utf-7", b"+ADw-"), Other("", "text/plain", 5)),
        ({"contentType": "text/plain", "data": "A"}, Other("", "text/plain", 0)),
        (attachment("image/svg+xml", b"<svg/>", title=" x\n\u202ey "), Other("x y", "image/svg+xml", 6)),
    ],
)
def test_what_cannot_be_read_is_named(one: Json, other: Other) -> None:
    assert attached(one) == Readable([], [other], 0)


def test_letters_of_other_encodings() -> None:
    (part,) = attached(
        attachment('text/plain; charset="windows-1258"', "Đã khỏi".encode("cp1258", "ignore"))
    ).parts
    assert part.paragraphs[0].startswith("Đ")
    (part,) = attached(attachment("TEXT/PLAIN", b"a\r\nb\x00\xc2\xa0c\r\n\r\n\r\nd \xff")).parts
    assert part.paragraphs == ["a\nb c", "d \ufffd"]


def test_a_summary_without_sections_shows_its_own_text() -> None:
    assert read("Composition", text=narrative("x")).parts == [Part("", 0, ["x"], 0)]
    assert read("Composition", text=narrative("x"), section=[SECTIONS[1]]).parts[0].title == "Hướng điều trị"
    assert read("Composition", section=[{"title": "a"}]).parts == [Part("a", 0, [], 0), Part("", 0, [], 0)]


@given(resources(*DOCUMENTS))
@settings(max_examples=100, deadline=None)
def test_every_valid_document_can_be_read(stated: dict[str, Any]) -> None:
    found = readable(stated["resourceType"], orjson.dumps(stated))
    assert all(
        line.isprintable() for part in found.parts for one in part.paragraphs for line in one.split("\n")
    )

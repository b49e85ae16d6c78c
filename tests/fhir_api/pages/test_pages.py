"""What all pages share: languages, headers, static files, dates, errors."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from structlog.testing import capture_logs

from fhir_api.access.entrance import Entrance
from fhir_api.access.hosts import Hosts
from fhir_api.pages import rendering, static_files
from fhir_api.pages.formats import date_text, moment_text, number_text
from fhir_api.pages.languages import LANGUAGES, MESSAGES, catalogue
from fhir_api.pages.routes import pages
from fhir_api.pages.security import HEADERS
from tests.fhir_api.pages.weights import weight
from tests.serving import served

PAGES = Path(rendering.__file__).parent
PLACEHOLDER = re.compile(r"\{(\w*)\}")


def test_every_text_is_in_every_language() -> None:
    first, *others = (catalogue(language) for language in LANGUAGES)
    for other in others:
        assert set(other) == set(first)
        for key, text in first.items():
            assert sorted(PLACEHOLDER.findall(text)) == sorted(PLACEHOLDER.findall(other[key])), key
            assert text.strip(), key
            assert other[key].strip(), key


def test_every_file_of_messages_has_its_sisters() -> None:
    areas = {
        path.name.removesuffix(f"{language}.json")
        for language in LANGUAGES
        for path in MESSAGES.glob(f"*{language}.json")
    }
    assert {path.name for path in MESSAGES.iterdir()} == {
        f"{area}{language}.json" for area in areas for language in LANGUAGES
    }


def test_files_of_messages_are_in_order_and_say_each_key_once() -> None:
    for path in MESSAGES.iterdir():
        keys = [key for key, _ in json.loads(path.read_text("utf8"), object_pairs_hook=list)]
        assert len(keys) == len(set(keys)), path.name


def test_every_key_that_is_named_has_a_text_and_every_text_is_named() -> None:
    sources = "\n".join(
        path.read_text("utf8") for path in PAGES.rglob("*") if path.suffix in (".py", ".html")
    )
    named = set(re.findall(r'\bt\(\s*f?"([a-z_.]+)"\s*[,)]', sources))
    assert named <= set(catalogue("vi"))


def test_templates_hold_no_text_of_their_own() -> None:
    """Letters outside of tags, expressions and key caps would be text that cannot be translated."""
    for path in (PAGES / "templates").glob("*.html"):
        source = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", "", path.read_text("utf8"), flags=re.DOTALL)
        source = re.sub(r"<kbd[^>]*>.*?</kbd>", "", source, flags=re.DOTALL)
        text = re.sub(r"<[^>]*>", " ", source).replace("FHIR", "")
        assert not re.search(r"[^\W\d_]", text), f"{path.name}: {' '.join(text.split())}"


def test_templates_hold_no_script_and_no_style() -> None:
    for path in (PAGES / "templates").glob("*.html"):
        source = path.read_text("utf8")
        assert not re.search(
            r"\son\w+=|\sstyle=|<style|<script(?![^>]*\ssrc=)|javascript:|hx-on|\|\s*safe", source
        ), path.name


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("1990-05-15", "15/05/1990"),
        ("1990-05", "05/1990"),
        ("1990", "1990"),
        ("2026-10-05T18:30:00Z", "06/10/2026"),
        ("2026-10-05T18:30:00+07:00", "05/10/2026"),
        (None, ""),
        ("", ""),
    ],
)
def test_dates_stay_as_precise_as_they_are(text: str | None, shown: str) -> None:
    assert date_text(text) == shown


@pytest.mark.parametrize(
    ("moment", "shown"),
    [
        ("2026-10-05T18:30:00Z", "06/10/2026 01:30"),
        ("2026-10-05T08:05:00+07:00", "05/10/2026 08:05"),
        (datetime(2026, 10, 5, 1, 5, tzinfo=UTC), "05/10/2026 08:05"),
        ("2026-10", "10/2026"),
        (None, ""),
    ],
)
def test_moments_are_told_in_vietnamese_time(moment: str | datetime | None, shown: str) -> None:
    assert moment_text(moment) == shown


def test_numbers_are_grouped() -> None:
    assert (number_text(1234567, "vi"), number_text(1234567, "en"), number_text(7, "vi")) == (
        "1.234.567",
        "1,234,567",
        "7",
    )


class TestLanguages:
    def test_vietnamese_comes_first_whatever_the_browser_says(self, client: httpx.Client) -> None:
        assert '<html lang="vi">' in client.get("/", headers={"Accept-Language": "en"}).text

    def test_english_is_one_switch_away_and_stays(self, client: httpx.Client) -> None:
        html = client.get("/facilities").text
        [switch] = re.findall(r'<a href="([^"]+)" lang="en"', html)
        assert switch == "/facilities?lang=en"
        assert '<html lang="en">' in client.get(switch).text
        assert '<html lang="en">' in client.get("/").text
        assert '<html lang="vi">' in client.get("/?lang=vi").text
        assert '<html lang="vi">' in client.get("/").text

    def test_an_unknown_language_is_vietnamese(self, client: httpx.Client) -> None:
        answer = client.get("/?lang=xx", headers={"Cookie": "language=%00"})
        assert '<html lang="vi">' in answer.text
        assert "set-cookie" not in answer.headers

    def test_the_answer_to_a_form_switches_to_the_first_page(self, client: httpx.Client) -> None:
        html = client.post("/lookup", data={"text": "045190000017"}).text
        assert re.findall(r'<a href="([^"]+)" lang="en"', html) == ["/?lang=en"]

    @pytest.mark.parametrize("path", ["/", "/facilities"])
    def test_every_page_is_there_in_english(self, client: httpx.Client, path: str) -> None:
        text = re.sub(r"<[^>]+>", " ", client.get(f"{path}?lang=en").text)
        vietnamese = {
            catalogue("vi")[key] for key in catalogue("vi") if catalogue("vi")[key] != catalogue("en")[key]
        }
        other = "Tiếng Việt"
        assert not {said for said in vietnamese - {other} if len(said) > 5 and said in text}


PROTECTING = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


class TestSecurity:
    @pytest.mark.parametrize("path", ["/", "/facilities", "/static/pages.css", "/nowhere", "/citizens/hoa"])
    def test_every_answer_has_the_headers(self, client: httpx.Client, path: str) -> None:
        headers = client.get(path).headers
        assert {name: headers.get(name) for name in PROTECTING} == PROTECTING

    def test_no_other_header_is_promised(self) -> None:
        assert HEADERS == PROTECTING

    def test_pages_are_not_kept_and_static_files_are(self, client: httpx.Client) -> None:
        assert client.get("/").headers["cache-control"] == "no-store"
        assert client.post("/lookup", data={"text": "hoa"}).headers["cache-control"] == "no-store"
        assert "immutable" in client.get("/static/pages.css").headers["cache-control"]

    def test_a_browser_runs_no_inline_script(self, page: Page, complaints: list[str]) -> None:
        page.evaluate(
            "() => { const s = document.createElement('script'); s.textContent = 'document.title = \"ran\"';"
            " window.blocked = new Promise(done =>"
            "   document.addEventListener('securitypolicyviolation', done, {once: true}));"
            " document.body.append(s); }"
        )
        assert page.evaluate("window.blocked.then(event => event.effectiveDirective)") == "script-src-elem"
        assert page.title() != "ran"
        assert all("Content Security Policy" in complaint for complaint in complaints)
        complaints.clear()

    @pytest.mark.parametrize("origin", ["cross-site", "same-site"])
    def test_forms_of_other_sites_are_refused(self, client: httpx.Client, origin: str) -> None:
        refused = client.post("/workplace", data={"facility": "x"}, headers={"Sec-Fetch-Site": origin})
        assert (refused.status_code, refused.headers.get("set-cookie")) == (403, None)

    @pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
    def test_other_methods_are_refused(self, client: httpx.Client, method: str) -> None:
        assert client.request(method, "/workplace").status_code == 405


class TestStaticFiles:
    @pytest.mark.parametrize(("accept", "coding"), [("gzip, br, zstd", "zstd"), ("gzip", "gzip"), ("", None)])
    def test_are_served_compressed(self, client: httpx.Client, accept: str, coding: str | None) -> None:
        answer = client.get("/static/keys.js", headers={"Accept-Encoding": accept})
        assert answer.headers.get("content-encoding") == coding
        assert answer.headers["content-type"].startswith("text/javascript")
        assert answer.text.startswith('"use strict";\n(() => {\n')
        assert "requestSubmit" in client.get("/static/search.js").text

    def test_files_of_others_are_served_as_they_were_published(self, client: httpx.Client) -> None:
        for path in static_files.PLACE.glob("*-[0-9]*.[cj]s*"):
            assert client.get(f"/static/{path.name}").content == path.read_bytes()

    @pytest.mark.parametrize(
        "name", ["nothing.css", "README.md", "..%2Frouting.py", "%2e%2e/formats.py", "a%00b"]
    )
    def test_only_what_is_meant_to_be_served(self, client: httpx.Client, name: str) -> None:
        assert client.get(f"/static/{name}").status_code == 404

    def test_addresses_change_with_the_content(self) -> None:
        assert re.fullmatch(r"/static/pages\.css\?[0-9a-f]{12}", static_files.static_url("pages.css"))

    def test_every_foreign_file_has_its_licence_and_its_note(self) -> None:
        notes = (static_files.PLACE / "README.md").read_text("utf8")
        foreign = [
            path.name for path in static_files.PLACE.iterdir() if re.search(r"-\d+\.\d+\.\d+\.", path.name)
        ]
        assert foreign
        for name in foreign:
            assert name in notes
            assert (static_files.PLACE / f"LICENSE-{name.partition('-')[0]}.txt").exists()

    def test_the_first_view_is_small(self, site: str, browser: Browser) -> None:
        """30 KB at most, scripts, styles and HTML together, for a browser that knows gzip alone."""
        page = browser.new_page()
        page.goto(site)
        addresses = page.evaluate(
            "[location.href, ...performance.getEntriesByType('resource').map(entry => entry.name)]"
        )
        page.close()
        with httpx.Client(headers={"Accept-Encoding": "gzip"}) as client:
            sizes = {address: weight(client, address) for address in addresses}
        assert len(sizes) > 5
        assert sum(sizes.values()) <= 30_000, sizes


class TestErrors:
    def test_an_unknown_address_is_a_page(self, client: httpx.Client) -> None:
        answer = client.get("/nowhere")
        assert answer.status_code == 404
        assert answer.headers["x-request-id"]
        assert "Không có trang này" in answer.text

    def test_a_failure_tells_nothing_of_itself(self) -> None:
        async def fail(_: Request) -> Response:
            raise ValueError("Nguyễn Thị Hoa")

        app = Starlette(routes=[pages((Route("/fail", fail), *static_files.routes))])
        with served(Entrance(app, Hosts())) as address, capture_logs() as lines:
            answer = httpx.get(f"{address}/fail")
        request = answer.headers["x-request-id"]
        [line] = lines
        assert re.fullmatch(r"test_pages\.py:\d+", line.pop("at"))
        assert line == {
            "event": "page failed",
            "log_level": "error",
            "request": request,
            "kind": "ValueError",
        }
        assert answer.status_code == 500
        assert "Nguyễn" not in answer.text
        assert "Chưa thực hiện được" in answer.text
        assert "content-security-policy" in answer.headers


class TestCodings:
    def test_pages_are_compressed_but_answers_to_forms_are_not(self, client: httpx.Client) -> None:
        assert client.get("/").headers["content-encoding"] == "zstd"
        assert client.get("/", headers={"Accept-Encoding": "gzip"}).headers["content-encoding"] == "gzip"
        assert "content-encoding" not in client.get("/", headers={"Accept-Encoding": "br"}).headers
        assert "content-encoding" not in client.post("/lookup", data={"text": "hoa"}).headers

"""Every text of a page stands in the catalogue, in both languages; all of the catalogue is used."""

import re
from pathlib import Path

import pytest

from fhir_api.pages import rendering
from fhir_api.pages.languages import catalogue
from fhir_api.pages.static_files import PLACE

PAGES = Path(rendering.__file__).parent
TEMPLATES = sorted((PAGES / "templates").glob("*.html"))
SCRIPTS = sorted(path for path in PLACE.glob("*.js") if not re.search(r"-\d", path.name))
SOURCES = "\n".join(path.read_text("utf8") for path in PAGES.rglob("*") if path.suffix in (".py", ".html"))
READ_OUT = ("title", "aria-label", "placeholder", "alt", "aria-description")
LETTERS = re.compile(r"[^\W\d_]{2}")
NAMES = {"site.other_language", "review.evidence.name.markers"}
"""Texts that name something in the other language."""
ALIKE = {"vaccines.antigen.hib", "vaccines.antigen.rubella"}
"""Texts that are the same in both."""


def plain(source: str) -> str:
    """A template without comments, statements and expressions."""
    return re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", "", source, flags=re.DOTALL)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.stem)
def test_attributes_that_are_read_out_hold_no_text_of_their_own(path: Path) -> None:
    for name in READ_OUT:
        for value in re.findall(rf'\b{name}="([^"]*)"', plain(path.read_text("utf8"))):
            assert not LETTERS.search(value.replace("Patient/", "")), f"{name}={value}"


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.stem)
def test_expressions_hold_no_text_of_their_own(path: Path) -> None:
    """A literal of several words, or with a letter that only Vietnamese has, is a text."""
    for expression in re.findall(r"\{\{(.*?)\}\}", path.read_text("utf8"), flags=re.DOTALL):
        for literal in re.findall(r'"([^"]*)"', expression):
            assert not re.search(r"[^\W\d_]+ [^\W\d_]+|[À-ÖØ-ỹ]", literal), literal


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_scripts_hold_no_text_of_their_own(path: Path) -> None:
    """What a script shows comes from the page: an attribute, or another element."""
    source = re.sub(r"^\s*//.*$", "", path.read_text("utf8"), flags=re.MULTILINE)
    shown = re.findall(
        r"(?:textContent|innerText|innerHTML|title|placeholder)\s*=\s*[\"'`]([^\"'`]*)", source
    )
    assert [text for text in shown if LETTERS.search(text.partition("${")[0])] == []
    assert not re.search(r"[À-ÖØ-ỹ]", source)
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(", source)


def test_every_text_is_used() -> None:
    """Named as a whole, or by the beginning to which a page adds what it tells of."""
    beginnings = set(re.findall(r'"((?:[a-z_\-]+\.)+)(?:"|\{)', SOURCES))
    beginnings |= {f"chart.{group}." for group in re.findall(r'said\("(\w+)"', SOURCES)}
    named = set(re.findall(r'"([a-z_\-]+(?:\.[\w\-]+)+)"', SOURCES))
    unused = [
        key
        for key in catalogue("vi")
        if not {key, key.removesuffix("_hint"), key.rpartition(".example")[0] + ".example"} & named
        and not any(key.startswith(beginning) for beginning in beginnings)
    ]
    assert unused == []


def test_no_text_was_left_in_the_other_language() -> None:
    vietnamese, english = catalogue("vi"), catalogue("en")
    alike = {key for key, text in vietnamese.items() if text == english[key] and LETTERS.search(text)}
    assert alike <= ALIKE
    assert {key for key, text in english.items() if re.search(r"[À-ÖØ-ỹ]", text)} <= NAMES

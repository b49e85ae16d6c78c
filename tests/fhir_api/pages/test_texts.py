"""Every text of a page stands in the catalogue, in both languages; all of the catalogue is used."""

import ast
import re
from collections.abc import Iterator
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
MODULES = sorted(PAGES.rglob("*.py"))
NOT_FOR_PEOPLE = {
    "pico/cut.py": "names of elements and attributes, one after the other",
    "summary/typeface.py": "the program in which a PDF tells the characters of its font",
}
"""Modules with texts of several words that nobody is shown, and what these are."""
WORDS = re.compile(r"[^\W\d_]+\s+[^\W\d_]+|[À-ÖØ-öø-ỹ]")
"""What is a text: several words, or a letter that only Vietnamese has."""
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
            assert not WORDS.search(literal), literal


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


def texts_of(source: str) -> list[str]:
    """What a module has in words, but for patterns and for what it tells programmers and logs."""

    def walked(node: ast.AST) -> Iterator[ast.AST]:
        if not is_apart(node):
            yield node
            for child in ast.iter_child_nodes(node):
                yield from walked(child)

    constants = (node.value for node in walked(ast.parse(source)) if isinstance(node, ast.Constant))
    return [value for value in constants if isinstance(value, str) and WORDS.search(value)]


def is_apart(node: ast.AST) -> bool:
    """A docstring, what is raised or asserted, a line of the log, or a pattern."""
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return ast.unparse(node.func.value) in ("log", "re")
    return isinstance(node, ast.Raise | ast.Assert)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PAGES)))
def test_modules_hold_no_text_of_their_own(path: Path) -> None:
    found = texts_of(path.read_text("utf8"))
    assert bool(found) == (str(path.relative_to(PAGES)) in NOT_FOR_PEOPLE), found


@pytest.mark.parametrize(
    ("planted", "text"),
    [
        ('def said(day):\n    return "ngày " + day', "ngày "),
        ('def said(day):\n    return f"{day} là hôm nay"', " là hôm nay"),
        ('def said(day):\n    return f"since the {day}"', "since the "),
        ('shown = {"title": "Nothing here"}', "Nothing here"),
        ('lines.append("two\\nlines")', "two\nlines"),
        ('answer(told="đỏ" if one else None)', "đỏ"),
        ('class Page:\n    """What it is."""\n\n    title = "Ổ bệnh"', "Ổ bệnh"),
        ('if one:\n    raise Wrong(t("page.wrong"))\nreturn_("Not found")', "Not found"),
    ],
)
def test_a_planted_text_is_found(planted: str, text: str) -> None:
    assert texts_of(planted) == [text]


def test_what_is_not_for_people_is_none() -> None:
    source = '''"""What this module does."""
NAME = "max-age=31536000; immutable"
"""What the name is."""
_WORDS = re.compile("one or more words")
def said(t):
    """What is said."""
    log.info("page was shown", kind="some kind of page")
    if NAME is None:
        raise ValueError(f"{NAME} is no name")
    assert NAME, "there is a name"
    return t("page.title")
'''
    assert texts_of(source) == []


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

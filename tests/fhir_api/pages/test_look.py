"""One look: colours that read, in one place; Pico cut to what is used; and what all of it weighs."""

import re
from itertools import product
from pathlib import Path

import pytest

from fhir_api.pages import rendering
from fhir_api.pages.pico import cut
from fhir_api.pages.static_files import PLACE, files

TEMPLATES = Path(rendering.__file__).with_name("templates")
TOKENS = (PLACE / "tokens.css").read_text("utf8")
COLOUR = re.compile(r"#[0-9a-fA-F]{3,8}\b|\b(?:rgb|hsl)a?\(")
LIGHT, DARK = TOKENS.split("@media screen and (prefers-color-scheme: dark)")
OWN_STYLES = [path for path in PLACE.glob("*.css") if not re.search(r"-\d", path.name)]
UNSTYLED = frozenset(
    "base head link meta script title br colgroup col figcaption span time img rect line path text".split()
)
"""Elements of templates of which Pico has no rule that is kept, and which need none."""


def colours(css: str) -> dict[str, str]:
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]+);", css))


def luminance(colour: str) -> float:
    """https://www.w3.org/TR/WCAG21/#dfn-relative-luminance"""
    digits = colour[1:] if len(colour) == 7 else "".join(digit * 2 for digit in colour[1:])
    parts = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("css", [LIGHT, DARK], ids=["light", "dark"])
def test_every_text_reads_on_every_ground(css: str) -> None:
    named = colours(css)
    texts = ["ink", "ink-soft", "accent", "warn", "bad", "good"]
    grounds = ["paper", "raised", "accent-soft", "warn-soft", "bad-soft", "good-soft"]
    assert {*texts, *grounds, "line"} == set(named)
    dim = [
        (text, ground)
        for text, ground in product(texts, grounds)
        if contrast(named[text], named[ground]) < 4.5
    ]
    assert dim == []


def test_no_style_has_colours_of_its_own() -> None:
    assert len(OWN_STYLES) > 3
    for path in OWN_STYLES:
        if path.name != "tokens.css":
            assert not COLOUR.findall(re.sub(r"dialog::backdrop.*", "", path.read_text("utf8"))), path.name


MARKED = {"notice", "tag", "mark"}


def test_how_grave_something_is_is_said_of_a_box_or_a_word_alone() -> None:
    """``.warn``, ``.bad`` and ``.good`` never stand alone."""
    for path in TEMPLATES.glob("*.html"):
        source = re.sub(r"\{%.*?%\}|\{\{.*?\}\}", "", path.read_text("utf8"), flags=re.DOTALL)
        said = [set(value.split()) for value in re.findall(r'\bclass="([^"]*)"', source)]
        alone = [one for one in said if one & {"warn", "bad", "good"} and not one & MARKED]
        assert alone == [], path.name
    for path in OWN_STYLES:
        found = re.findall(r"(\S*)\.(?:warn|bad|good)\b", path.read_text("utf8"))
        assert {one.rpartition(".")[2] for one in found} <= MARKED, path.name


def test_pico_is_cut_anew() -> None:
    assert cut.CUT.read_text("utf8") == cut.made(), "out of date: python -m fhir_api.pages.pico.cut"


def test_pico_keeps_what_templates_use() -> None:
    sources = "".join(path.read_text("utf8") for path in TEMPLATES.glob("*.html"))
    used = set(re.findall(r"<([a-z][a-z0-9]*)", sources))
    assert used <= cut.ELEMENTS | UNSTYLED
    kinds = {f"type={kind}" for kind in re.findall(r'<input type="(\w+)"', sources)}
    assert kinds <= cut.ATTRIBUTES | {"type=checkbox", "type=radio"}


@pytest.mark.parametrize(
    ("selector", "kept"),
    [
        ("button", True),
        ("progress", False),
        (":where(audio,svg) td", True),
        (":is(audio,video)", False),
        ("input:not([type=range],[type=file])", True),
        ("input[type=range]", False),
        ("[type=search]", True),
        ("[data-theme=dark] td", False),
        ("::-moz-selection", False),
        ("details summary::after", False),
        (":root:not([data-theme=dark])", True),
    ],
)
def test_a_selector_is_kept_where_something_can_match(selector: str, kept: bool) -> None:
    assert cut.wanted(selector) is kept


def test_a_variable_is_kept_where_something_reads_it() -> None:
    variables = ":root{--pico-a:1;--pico-b:var(--pico-c);--pico-c:2;--pico-d:3}"
    css = f"/*! L */{variables}td{{top:var(--pico-a);left:var(--pico-d)}}"
    kept = cut.cut(css, "", ":root{--pico-d:4}")
    assert kept == "/*! L */\n:root{--pico-a:1}\ntd{top:var(--pico-a);left:var(--pico-d)}\n"


def test_all_scripts_and_styles_weigh_60_kb_at_most() -> None:
    """As the most modest browser gets them: gzip, uPlot included."""
    sizes = {
        name: len(one.codings["gzip"]) for name, one in files().items() if name.endswith((".css", ".js"))
    }
    assert len(sizes) > 10
    assert sum(sizes.values()) <= 60_000, sizes

"""The texts of news, notes and corrections: each of them is used, and none is missing."""

import re
from pathlib import Path

from fhir_api.pages import languages
from projections.health_record.news import TOLD

PAGES = Path(languages.__file__).parent
FILES = (
    *PAGES.glob("templates/*note*.html"),
    *PAGES.glob("templates/*correction*.html"),
    *(PAGES / "templates" / name for name in ("chart_news.html", "writer.html")),
    *PAGES.glob("chart/n*.py"),
    *PAGES.glob("corrections/*.py"),
)
SOURCES = "".join(path.read_text("utf8") for path in FILES)
KEYS = {key for key in languages.catalogue("vi") if key.startswith(("news.", "notes.", "correction."))}


def test_every_key_that_is_named_exists() -> None:
    named = set(re.findall(r'"((?:news|notes|correction)\.[a-z_.]+[a-z])"', SOURCES))
    assert named - {"news.js", "notes.css", "correction.html"} - KEYS == set()


def test_every_kind_of_news_has_a_text_for_one_and_for_more() -> None:
    assert {f"news.{kind}.{number}" for kind in TOLD for number in ("one", "more")} <= KEYS


def test_every_key_is_used() -> None:
    for key in KEYS:
        put_together = key.startswith("correction.field.") or key.split(".")[1] in TOLD
        assert put_together or f'"{key}"' in SOURCES or f'"{key.removesuffix("_hint")}"' in SOURCES, key

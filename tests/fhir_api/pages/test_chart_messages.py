"""The texts of charts: the same keys in both languages, each of them used, and none missing."""

import re
from pathlib import Path

import orjson

from fhir_api.pages import languages
from fhir_api.pages.chart.pages import PANELS
from projections.health_record.chart import AllergyState
from projections.health_record.kinds import READERS
from projections.health_record.lateness import Lateness

TEXTS = {
    language: orjson.loads((languages.MESSAGES / f"chart.{language}.json").read_bytes())
    for language in languages.LANGUAGES
}
PAGES = Path(languages.__file__).parent
SOURCES = "".join(
    path.read_text(encoding="utf8")
    for path in [*PAGES.glob("templates/chart*.html"), *PAGES.glob("chart/*.py"), *PAGES.glob("summary/*.py")]
)


def test_both_languages_have_the_same_keys_and_places() -> None:
    vietnamese, english = TEXTS["vi"], TEXTS["en"]
    assert list(vietnamese) == list(english)
    for key, text in vietnamese.items():
        assert set(re.findall(r"\{\w+\}", text)) == set(re.findall(r"\{\w+\}", english[key])), key


def test_every_key_that_a_template_names_exists() -> None:
    named = set(re.findall(r'"(chart\.[a-z_.\-]+[a-z])"', SOURCES)) - {"chart.css", "chart.html", "chart.js"}
    assert len(named) > 50
    assert named <= set(TEXTS["vi"]), named - set(TEXTS["vi"])


def test_every_key_is_used() -> None:
    groups = set(re.findall(r'said\("(\w+)"', SOURCES)) | set(re.findall(r'"chart\.(\w+)\." ~', SOURCES))
    for key in TEXTS["vi"]:
        group = key.split(".")[1]
        whole = f'"{key}"' in SOURCES or f'"{key.removesuffix("_hint")}"' in SOURCES
        assert whole or group in groups or group == "age", key


def test_the_names_that_templates_put_together_exist() -> None:
    wanted = {f"chart.panel.{panel}" for panel in PANELS} | {f"chart.none.{panel}" for panel in PANELS}
    wanted |= {f"chart.allergy_state.{state}" for state in AllergyState}
    wanted |= {f"chart.lateness.{lateness}" for lateness in Lateness}
    wanted |= {f"chart.age.{unit}" for unit in ("years", "months", "days")}
    wanted |= {f"chart.type.{type_}" for type_ in READERS if type_ not in ("Encounter", "Patient")}
    assert wanted <= set(TEXTS["vi"])

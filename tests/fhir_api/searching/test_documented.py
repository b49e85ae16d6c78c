"""docs/search.md: its examples are run, and its tables are those of the code."""

import re
from math import prod
from pathlib import Path
from urllib.parse import quote

import orjson
import pytest

from ehr import searching
from ehr.definitions.search_parameters import all_search_parameters
from ehr.event_store.searches import BUDGET_SECONDS
from fhir_api.access.entrance import LONGEST_ADDRESS
from fhir_api.call import LARGEST_FORM, MOST_PARAMETERS
from fhir_api.parameters import MOST_COUNT
from projections import database
from projections.fhir_resources.found import MOST_BYTES
from projections.fhir_resources.including import MOST_INCLUDED
from projections.fhir_resources.snapshots import MOST_KEPT, MOST_RESOURCES, MOST_SNAPSHOTS
from projections.search import dates
from projections.search.composites import MOST_REPEATED
from projections.search.quantities import LONGEST_NUMBER
from projections.search.reading import MODIFIERS, MOST_STEPS, MOST_VALUES
from projections.search.sorting import MOST_KEYS
from projections.search.strings import MOST_WORDS
from projections.search.tokens import OF_TYPE
from projections.search.uris import MOST_SLASHES
from projections.search.values import MOST_ALTERNATIVES
from tests.fhir_api.running import Door, Json

PAGE = (Path(__file__).parents[3] / "docs" / "search.md").read_text(encoding="utf8")
EXAMPLES: list[tuple[str, str]] = re.findall(r"^GET /fhir/?(\S.*?) +→ (.+)$", PAGE, re.MULTILINE)
NUMBERS: dict[float, str] = {1: "one", 5: "five", 10: "ten", 12: "twelve"}
TYPES = {parameter.type for parameter in all_search_parameters()}


def section(title: str) -> str:
    return PAGE.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def rows(title: str) -> list[list[str]]:
    """The cells of the table of a section."""
    lines = [line for line in section(title).splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[2:]]


@pytest.fixture(scope="module")
def told(door: Door) -> Json:
    """The page's resources, stored as it says."""
    (bundle,) = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    answer: Json = door.send("POST", "", orjson.loads(bundle)).json()
    return answer


def asked(url: str) -> str:
    """The address as a program sends it."""
    return quote(url, safe="/?&=:,$*")


@pytest.mark.parametrize(("url", "expected"), EXAMPLES)
def test_every_example_finds_what_the_page_says(door: Door, told: Json, url: str, expected: str) -> None:
    assert told["type"] == "transaction-response"
    if expected == "400":
        door.get(asked(url), 400)
        return
    found = [
        f"{entry['resource']['resourceType']}/{entry['resource']['id']}"
        for entry in door.json(asked(url)).get("entry", ())
    ]
    assert found == ([] if expected == "nothing" else expected.split())


@pytest.mark.parametrize("type_", sorted(TYPES))
def test_there_is_an_example_of_each_type_of_parameter(type_: str) -> None:
    assert re.search(r"^GET /fhir/", section(type_), re.MULTILINE)


def test_the_modifiers_are_those_that_the_page_says() -> None:
    page = {name: {*re.findall(r"`:([a-z-]+)`", told)} for name, told in rows("Modifiers")}
    known = {name: {*modifiers} for name, modifiers in MODIFIERS.items()}
    assert page == known | {"token": known["token"] | {OF_TYPE}}


def test_the_prefixes_are_those_that_the_page_says() -> None:
    assert [re.findall(r"`(..)`", row[0])[0] for row in rows("Prefixes")] == list(dates.PREFIXES)


def test_the_limits_are_those_that_the_page_says() -> None:
    told = [row[1].replace(",", "").replace(" MiB", "*1048576") for row in rows("Limits")]
    numbers = [prod(map(int, number.replace(" KiB", "*1024").split("*"))) for number in told]
    assert numbers == [
        *(MOST_ALTERNATIVES, MOST_STEPS, MOST_VALUES, MOST_KEYS, MOST_WORDS, MOST_SLASHES),
        *(MOST_REPEATED, LONGEST_NUMBER),
        *(MOST_COUNT, MOST_BYTES, MOST_INCLUDED, MOST_BYTES),
        *(MOST_KEPT, MOST_SNAPSHOTS, MOST_RESOURCES),
        *(MOST_PARAMETERS, LONGEST_ADDRESS, LARGEST_FORM),
    ]
    assert f" takes {database.LONGEST_SECONDS:g} seconds of the database" in section("Limits")
    assert f"{NUMBERS[searching.LONGEST_SECONDS]} second" in " ".join(section("Limits").split())
    assert f"{NUMBERS[BUDGET_SECONDS]} for all of its conditions" in section("Limits")
    assert f" {NUMBERS[MOST_STEPS]} steps deep" in section("Chains and `_has`")

"""How the tables of search parameters are made, on a specification of a few lines."""

from typing import Any

import orjson
import pytest

from ehr.definitions.build.element_table import Row
from ehr.definitions.build.package import CORE, Package
from ehr.definitions.build.search_parameters import compartments, left_out, main_dates, search_parameters
from ehr.definitions.search_parameters import SearchParameter

TABLE: dict[str, list[Row]] = {
    "Visit": [
        ("status", ["code"], 1, 1, "vs", True),
        ("when[x]", ["dateTime", "Period"], 0, 1, None, False),
        ("recorded", ["dateTime"], 0, None, None, False),
        ("who", ["Reference"], 0, 1, None, False),
        ("dose", ["SimpleQuantity"], 0, 1, None, False),
        ("step", ["Visit.step"], 0, None, None, False),
    ],
    "Visit.step": [("note", ["string"], 0, 1, None, False), ("name", ["HumanName"], 0, 1, None, False)],
    "Other": [("who", ["Reference"], 0, 1, None, False)],
    "Resource": [("id", ["system.id"], 0, 1, None, False)],
}


def _parameter(code: str, type_: str, expression: str | None, *base: str, **more: Any) -> dict[str, Any]:
    head = {"resourceType": "SearchParameter", "id": code, "url": f"{CORE}SearchParameter/{code}"}
    found = head | {"code": code, "type": type_, "base": base or ["Visit"]} | more
    return found if expression is None else found | {"expression": expression}


DEFINITIONS = [
    {"resourceType": "StructureDefinition", "url": name, "type": name, "kind": "resource", "abstract": False}
    for name in ("Visit", "Other", "Parameters")
] + [
    _parameter("_id", "token", "Resource.id", "Resource"),
    _parameter("who", "reference", "Visit.who | Other.who", "Visit", "Other"),
    _parameter("patient", "reference", "Visit.who.where(resolve() is Patient)", target=["Patient"]),
    _parameter("status", "token", "Visit.status"),
    _parameter("dose", "quantity", "Visit.dose"),
    _parameter("date", "date", "(Visit.when as dateTime) | (Visit.when as Period)"),
    _parameter("recorded", "date", "Visit.recorded"),
    _parameter("ever", "date", "Visit.when | Visit.recorded"),
    _parameter("name", "string", "Visit.step.name"),
    _parameter("words", "string", "Visit.step.note | Visit.step.name"),
    _parameter("note", "string", "Visit.step.note"),
    _parameter(
        "note-name",
        "composite",
        "Visit.step",
        component=[
            {"definition": f"{CORE}SearchParameter/note", "expression": "note"},
            {"definition": f"{CORE}SearchParameter/name", "expression": "name"},
        ],
    ),
    _parameter("by-extension", "token", "Visit.extension('http://x')"),
    _parameter("nearby", "special", "Visit.who"),
    _parameter("_text", "string", None, "Resource"),
    _parameter("elsewhere", "token", "Visit.status") | {"url": "http://elsewhere/SearchParameter/x"},
    _parameter("example", "token", "Visit.status"),
    {"resourceType": "SearchParameter", "id": "x", "url": f"{CORE}SearchParameter/x"},
] + [
    {
        "resourceType": "CompartmentDefinition",
        "url": f"{CORE}CompartmentDefinition/{code}",
        "resource": [{"code": "Visit", "param": ["patient"]}, {"code": "Other"}, *more],
    }
    for code, more in [
        ("device", []),
        ("encounter", [{"code": "Encounter", "param": ["{def}"]}]),
        ("patient", [{"code": "Patient", "param": ["link"]}]),
        ("practitioner", []),
        ("relatedPerson", []),
    ]
]  # fmt: skip


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Package:
    folder = tmp_path_factory.mktemp("package")
    for number, definition in enumerate(DEFINITIONS):
        (folder / f"{definition['resourceType']}-{number}.json").write_bytes(orjson.dumps(definition))
    return Package(folder)


@pytest.fixture(scope="module")
def rows(package: Package) -> dict[str, SearchParameter]:
    found = search_parameters(package, TABLE)
    return {f"{row.resource_type}.{row.code}": row for row, _ in found}


def test_the_rows_in_the_order_of_their_numbers(rows: dict[str, SearchParameter]) -> None:
    codes = [
        "date",
        "dose",
        "ever",
        "name",
        "note",
        "note-name",
        "patient",
        "recorded",
        "status",
        "who",
        "words",
    ]
    assert list(rows) == ["Other.who", "Resource._id", *(f"Visit.{code}" for code in codes)]
    assert [row.number for row in rows.values()] == list(range(len(rows)))


def test_what_is_left_out(package: Package) -> None:
    assert left_out(package) == [
        ("Resource", "_text", "without an expression"),
        ("Visit", "by-extension", "on an extension"),
        ("Visit", "nearby", "of type special: needs more than the values of the resource"),
    ]


def test_what_concerns_a_type_and_what_it_leads_to(rows: dict[str, SearchParameter]) -> None:
    assert (rows["Visit.who"].expression, rows["Other.who"].expression) == ("Visit.who", "Other.who")
    assert rows["Visit.who"].targets == ("Other", "Visit")
    assert rows["Visit.patient"].targets == ("Patient",)
    assert (rows["Visit.status"].types, rows["Visit.status"].codes) == (("code",), "vs")
    assert rows["Visit.dose"].types == ("Quantity",)
    assert rows["Visit.name"].in_human_name
    assert not rows["Visit.words"].in_human_name


def test_what_follows_from_others(rows: dict[str, SearchParameter]) -> None:
    assert rows["Visit.patient"].restricts == ("who", ("Patient",))
    assert rows["Visit.ever"].union_of == ("date", "recorded")
    assert rows["Visit.words"].union_of == ("name", "note")
    derived = {name for name, row in rows.items() if row.derived}
    assert derived == {"Visit.patient", "Visit.ever", "Visit.words"}


def test_the_halves_of_a_composite(rows: dict[str, SearchParameter]) -> None:
    assert [half.code for half in rows["Visit.note-name"].components] == ["note", "name"]
    assert not rows["Visit.note-name"].root_composite


def test_the_main_date_has_one_value(package: Package) -> None:
    typed = search_parameters(package, TABLE)
    assert {row.code for row, _ in typed if row.single and row.type == "date"} == {"date"}
    assert main_dates(typed, {"Visit": [("recorded", "dateTime"), ("whenPeriod", "Period")]}) == {
        "Visit": "date"
    }
    assert main_dates(typed, {"Visit": []}) == {"Visit": "date"}


def test_compartments_hold_the_resource_after_which_they_are_named(package: Package) -> None:
    found = compartments(package)
    assert found["Patient"] == {"Patient": ("_id", "link"), "Visit": ("patient",)}
    assert found["Encounter"] == {"Encounter": ("_id",), "Visit": ("patient",)}
    assert found["Device"] == {"Device": ("_id",), "Visit": ("patient",)}

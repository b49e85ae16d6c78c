"""The builder, on a specification of a few lines; the real one makes the shipped tables."""

import tarfile
from pathlib import Path
from typing import Any

import orjson
import pytest

from ehr.definitions import tables
from ehr.definitions.build import compartments, element_table, main_dates, value_sets
from ehr.definitions.build.package import Package

CORE = "http://hl7.org/fhir"


def _structure(name: str, *rows: dict[str, Any], **more: Any) -> dict[str, Any]:
    snapshot = {"element": [{"path": name, "min": 0, "max": "*"}, *rows]}
    head = {"resourceType": "StructureDefinition", "url": f"{CORE}/StructureDefinition/{name}", "type": name}
    return head | {"kind": "resource", "abstract": False, "snapshot": snapshot} | more


def _row(path: str, *types: dict[str, Any], most: str = "1", **more: Any) -> dict[str, Any]:
    return {"path": path, "min": 0, "max": most, "type": list(types), "base": {"path": path}} | more


DATE = {"code": "dateTime"}
VISIT = _structure(
    "Visit",
    _row("Visit.id", {"code": f"{element_table.SYSTEM}String"}, base={"path": "Resource.id"}),
    _row(
        "Visit.status",
        {"code": "code"},
        min=1,
        isSummary=True,
        binding={"strength": "required", "valueSet": "vs|4"},
    ),
    _row("Visit.recorded", DATE, mapping=[{"identity": "w5", "map": "FiveWs.recorded"}]),
    _row("Visit.when[x]", DATE, {"code": "Age"}, mapping=[{"identity": "w5", "map": "FiveWs.done[x]"}]),
    _row("Visit.who", {"code": "Reference", "targetProfile": [f"{CORE}/StructureDefinition/Encounter"]}),
    _row("Visit.step", {"code": "BackboneElement"}, most="*"),
    _row("Visit.step.dose", {"code": "Quantity", "profile": [element_table.SIMPLE_QUANTITY]}),
    {"path": "Visit.step.step", "min": 0, "max": "*", "contentReference": "#Visit.step"},
    _row("Visit.gone", {"code": "string"}, most="0"),
)
SIMPLE = _structure(
    "Quantity", _row("Quantity.value", {"code": "decimal"}), kind="complex-type", derivation="constraint"
) | {"url": element_table.SIMPLE_QUANTITY}
PARAMETER = {
    "resourceType": "SearchParameter",
    "id": "Visit-patient",
    "url": f"{CORE}/SearchParameter/Visit-patient",
    "code": "patient",
    "base": ["Visit", "Other"],
    "expression": "Other.subject | Visit.who.where(resolve() is Patient) | Visit.step.by",
}
SYSTEM = {
    "resourceType": "CodeSystem",
    "url": "cs",
    "content": "complete",
    "concept": [{"code": "a", "concept": [{"code": "b", "concept": [{"code": "c"}]}]}, {"code": "d"}],
}


def _compartment(code: str) -> dict[str, Any]:
    return {
        "resourceType": "CompartmentDefinition",
        "url": f"{CORE}/CompartmentDefinition/{code}",
        "resource": [{"code": "Visit", "param": ["patient"]}, {"code": "Other"}],
    }


def _value_set(url: str, **compose: Any) -> dict[str, Any]:
    return {"resourceType": "ValueSet", "url": url, "compose": compose}


DEFINITIONS = [
    *(VISIT, SIMPLE, PARAMETER, SYSTEM, _compartment("patient"), _compartment("encounter")),
    _value_set("all", include=[{"system": "cs"}]),
    _value_set("some", include=[{"system": "cs", "concept": [{"code": "d"}]}]),
    _value_set("is-a", include=[{"system": "cs", "filter": [{"op": "is-a", "value": "b"}]}]),
    _value_set("below", include=[{"system": "cs", "filter": [{"op": "descendent-of", "value": "a"}]}]),
    _value_set("nested", include=[{"valueSet": ["is-a"]}, {"valueSet": ["some"]}]),
    _value_set("but", include=[{"system": "cs"}], exclude=[{"system": "cs", "concept": [{"code": "a"}]}]),
    _value_set("elsewhere", include=[{"system": "http://snomed.info/sct"}]),
    _value_set("regex", include=[{"system": "cs", "filter": [{"op": "regex", "value": ".*"}]}]),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for number, definition in enumerate(DEFINITIONS):
        (tmp_path / f"{definition['resourceType']}-{number}.json").write_bytes(orjson.dumps(definition))
    (tmp_path / "Patient-example.json").write_bytes(b'{"resourceType":"Patient"}')
    return tmp_path


@pytest.fixture
def package(folder: Path) -> Package:
    return Package(folder)


def test_a_packed_package_is_read_too(folder: Path, package: Package) -> None:
    with tarfile.open(folder / "package.tgz", "w:gz") as archive:
        for path in sorted(folder.glob("*.json")):
            archive.add(path, f"package/{path.name}")
    assert Package(folder / "package.tgz").definitions == package.definitions


def test_the_element_table(package: Package) -> None:
    table = element_table.element_table(package)
    assert table["Visit"] == [
        ("id", ["system.id"], 0, 1, None, False),
        ("status", ["code"], 1, 1, "vs", True),
        ("recorded", ["dateTime"], 0, 1, None, False),
        ("when[x]", ["dateTime", "Age"], 0, 1, None, False),
        ("who", ["Reference"], 0, 1, None, False),
        ("step", ["Visit.step"], 0, None, None, False),
    ]
    assert table["Visit.step"] == [
        ("dose", ["SimpleQuantity"], 0, 1, None, False),
        ("step", ["Visit.step"], 0, None, None, False),
    ]
    assert table["SimpleQuantity"] == [("value", ["decimal"], 0, 1, None, False)]


def test_compartments(package: Package) -> None:
    outside = compartments.OUTSIDE_ANY_COMPARTMENT
    assert compartments.subject_paths(package) == {**outside, "Visit": ["who", "step.by"]}
    assert compartments.encounter_paths(package) == {"Provenance": ["target"], "Visit": ["who", "step.by"]}


def test_main_dates_follow_the_five_ws(package: Package) -> None:
    table = element_table.element_table(package)
    dates = [("whenDateTime", "dateTime"), ("recorded", "dateTime")]
    assert main_dates.main_date_paths(package, table) == {"Visit": dates}


def test_the_exceptions_are_of_types_that_there_are() -> None:
    assert set(main_dates.EXCEPTIONS) <= tables.RESOURCE_TYPES


@pytest.mark.parametrize(
    ("url", "codes"),
    [
        ("all", {"cs": ["a", "b", "c", "d"]}),
        ("some", {"cs": ["d"]}),
        ("is-a", {"cs": ["b", "c"]}),
        ("below", {"cs": ["b", "c"]}),
        ("nested", {"cs": ["b", "c", "d"]}),
        ("but", {"cs": ["b", "c", "d"]}),
        ("elsewhere", None),
        ("regex", None),
        ("unknown", None),
    ],
)
def test_value_sets(package: Package, url: str, codes: dict[str, list[str]] | None) -> None:
    table: dict[str, list[element_table.Row]] = {"X": [("x", ["code"], 0, 1, url, False)]}
    assert value_sets.required_codes(package, table).get(url) == codes

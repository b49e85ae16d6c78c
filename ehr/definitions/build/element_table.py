"""The element table: type -> its elements with types, cardinality, required code list, and if in summaries.

Source: the snapshots of the StructureDefinitions, https://hl7.org/fhir/R4/structuredefinition.html.
"""

from typing import Any

from ehr.definitions.build.package import CORE, Definition, Package

Row = tuple[str, list[str], int, int | None, str | None, bool]
"""(name, e.g. ``value[x]``; types; min; max, None for ``*``; url of the required value set; in summaries)."""

SIMPLE_QUANTITY = f"{CORE}StructureDefinition/SimpleQuantity"
SYSTEM = "http://hl7.org/fhirpath/System."


def element_table(package: Package) -> dict[str, list[Row]]:
    """Type (``Patient``, ``HumanName``, ``Patient.contact``) -> rows, inherited elements included."""
    table: dict[str, list[Row]] = {}
    for structure in package.structures():
        _add(table, structure, structure["type"])
    _add(table, package.structure(SIMPLE_QUANTITY), "SimpleQuantity")
    return table


def _add(table: dict[str, list[Row]], structure: Definition, root: str) -> None:
    for element in structure["snapshot"]["element"]:
        parent, _, name = element["path"].rpartition(".")
        if parent and element["max"] != "0":
            owner = root if parent == structure["type"] else parent
            table.setdefault(owner, []).append(_row(name, element))


def _row(name: str, element: Definition) -> Row:
    most = None if element["max"] == "*" else int(element["max"])
    summary = element.get("isSummary", False)
    return name, _types(element), element["min"], most, _required_codes(element), summary


def _types(element: Definition) -> list[str]:
    if "contentReference" in element:
        return [element["contentReference"].removeprefix("#")]
    return [_type(element, type_) for type_ in element["type"]]


def _type(element: Definition, type_: dict[str, Any]) -> str:
    code: str = type_["code"]
    if code.startswith(SYSTEM):
        return _system_type(element)
    if code in ("BackboneElement", "Element"):
        return str(element["path"])
    return "SimpleQuantity" if SIMPLE_QUANTITY in type_.get("profile", ()) else code


def _system_type(element: Definition) -> str:
    """A primitive that can have neither id nor extensions, so its JSON has no ``_name`` beside it.

    Resource.id is declared as a string; its text says that it is an id.
    """
    base: str = element["base"]["path"]
    return {"Resource.id": "system.id", "Element.id": "system.string", "Extension.url": "system.uri"}[base]


def _required_codes(element: Definition) -> str | None:
    binding = element.get("binding", {})
    if binding.get("strength") != "required":
        return None
    return str(binding["valueSet"]).partition("|")[0]

"""The npm package of the FHIR specification, read from a folder or a .tgz."""

import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

Definition = dict[str, Any]
"""One JSON resource of the specification, e.g. a StructureDefinition."""

KINDS = ("StructureDefinition-", "SearchParameter-", "CompartmentDefinition-", "CodeSystem-", "ValueSet-")
CORE = "http://hl7.org/fhir/"


class Package:
    """The definitions of FHIR R4 4.0.1 by type and url.

    The package ``hl7.fhir.r4.examples`` 4.0.1 holds every StructureDefinition with its snapshot, so no other
    package is needed.
    """

    def __init__(self, path: Path) -> None:
        self.definitions: dict[str, dict[str, Definition]] = {kind.rstrip("-"): {} for kind in KINDS}
        for raw in _files(path):
            definition: Definition = orjson.loads(raw)
            self.definitions[definition["resourceType"]][definition["url"]] = definition

    def structures(self) -> list[Definition]:
        """StructureDefinitions of the resource types and data types (no profiles, no logical models)."""
        return [
            structure
            for structure in self.definitions["StructureDefinition"].values()
            if structure.get("derivation") != "constraint"
            and structure["kind"] in ("resource", "complex-type")
        ]

    def structure(self, url: str) -> Definition:
        """The StructureDefinition of that url."""
        return self.definitions["StructureDefinition"][url]

    def resource_types(self) -> list[str]:
        """The resource types, without the abstract ones."""
        return [
            structure["type"]
            for structure in self.structures()
            if structure["kind"] == "resource" and not structure["abstract"]
        ]

    def search_parameters(self) -> list[Definition]:
        """The official SearchParameters: neither examples nor those without a resource type."""
        return [
            parameter
            for parameter in self.definitions["SearchParameter"].values()
            if "base" in parameter and _official(parameter)
        ]

    def search_expression(self, resource_type: str, code: str) -> str:
        """The FHIRPath of the official search parameter ``code`` of a resource type."""
        for parameter in self.search_parameters():
            if parameter["code"] == code and resource_type in parameter["base"]:
                return str(parameter["expression"])
        raise LookupError(f"no search parameter {resource_type}.{code}")

    def compartment(self, code: str) -> dict[str, list[str]]:
        """Resource type -> codes of the search parameters that put it into the compartment."""
        definition = self.definitions["CompartmentDefinition"][f"{CORE}CompartmentDefinition/{code}"]
        return {row["code"]: row["param"] for row in definition["resource"] if "param" in row}


def _official(parameter: Definition) -> bool:
    return parameter["url"].startswith(f"{CORE}SearchParameter/") and not parameter["id"].startswith(
        "example"
    )


def _files(path: Path) -> Iterator[bytes]:
    if path.is_dir():
        yield from (file.read_bytes() for file in sorted(path.rglob("*.json")) if file.name.startswith(KINDS))
        return
    with tarfile.open(path) as archive:
        for member in archive:
            stream = archive.extractfile(member) if Path(member.name).name.startswith(KINDS) else None
            if stream is not None:
                yield stream.read()

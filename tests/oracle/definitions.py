"""HL7's definitions of R4 4.0.1, as far as searches need them.

``python -m tests.oracle.definitions PACKAGE`` makes ``definitions.json.zst`` from the unpacked npm package
``hl7.fhir.r4.examples`` 4.0.1 (CC0), which holds them unaltered.
"""

import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import zstandard

Json = dict[str, Any]
Codes = dict[str, list[str] | None]
"""System -> its codes in a value set; None: every code, or more than the package tells."""

FILE = Path(__file__).with_name("definitions.json.zst")
NOT_OF_R4 = re.compile(r"-extensions-|-genetic-|^example|^patient-ext|^filter$")
"""Parameters that are examples, or on extensions; ``_filter`` is a language of its own."""

MENDED: dict[str, str] = {
    "Bundle-composition": "Bundle.entry[0].resource",
    "Bundle-message": "Bundle.entry[0].resource.ofType(MessageHeader)",
    "InsurancePlan-name": "InsurancePlan.name | InsurancePlan.alias",
    "http://hl7.org/fhir/SearchParameter/DocumentReference-relatesto": "target",
    "http://hl7.org/fhir/SearchParameter/DocumentReference-relation": "code",
}
"""Slips of the published expressions: what is no target, names without a type, parts changed over."""

REFUSED = frozenset({"_text", "_content", "_query", "_list", "near", "phonetic"})
_TYPE = re.compile(r"\(*\s*([A-Z]\w+)\b")
_CALL = re.compile(r"\.(?:where|as|ofType|exists)\((?:[^()]|\([^()]*\))*\)")


class Component(msgspec.Struct):
    """One part of a composite parameter. code: of the parameter that says what its values are.

    branches: expressions that start at the base element.
    """

    code: str
    type: str
    branches: list[str]


class Parameter(msgspec.Struct):
    """One parameter of one type. branches: its expression, at each top-level ``|`` taken apart.

    codes: all codes that its elements may have, when each of them is a ``code`` with a required binding.
    types: of its elements, as far as they can be told from its expression.
    """

    code: str
    type: str
    branches: list[str]
    targets: list[str] = []
    components: list[Component] = []
    codes: list[str] | None = None
    types: list[str] = []

    @property
    def of_the_whole(self) -> bool:
        """Whether it is a composite whose base element is the resource itself."""
        return bool(self.components) and not any("." in branch for branch in self.branches)


class Definitions(msgspec.Struct):
    """parameters: by type and code. bindings: by path of a ``code``. in_names: paths of parts of names."""

    parameters: dict[str, dict[str, Parameter]]
    bindings: dict[str, Codes]
    in_names: list[str]
    compartments: dict[str, dict[str, list[str]]]


@cache
def definitions() -> Definitions:
    """As they are kept here."""
    return msgspec.json.decode(zstandard.decompress(FILE.read_bytes()), type=Definitions)


def branches_of(expression: str, type_: str | None) -> list[str]:
    """The parts of an expression between its top-level ``|``; those of one type, when it is named.

    ``as`` becomes ``ofType``: in the expressions it picks from many values, which FHIRPath's own does not.
    """
    parts = (_plain(part) for part in _split(expression))
    return [part for part in parts if type_ is None or _root(part) == type_]


def _taken(branches: list[str]) -> list[str]:
    """The only types that references may be to, if each branch ends by naming one; whatever is listed."""
    named = [re.findall(r"\.where\(\s*resolve\(\) is (\w+)\s*\)$", branch) for branch in branches]
    return sorted({type_ for found in named for type_ in found}) if all(named) else []


def _root(branch: str) -> str | None:
    found = _TYPE.match(branch)
    return found[1] if found else None


def _plain(branch: str) -> str:
    branch = re.sub(r"\(([\w.]+) as (\w+)\)", r"\1.ofType(\2)", branch.strip())
    return branch.replace(".as(", ".ofType(").replace("(DateTime)", "(dateTime)")


def _split(expression: str) -> Iterator[str]:
    depth, start = 0, 0
    for at, character in enumerate(expression):
        depth += {"(": 1, ")": -1}.get(character, 0)
        if character == "|" and not depth:
            yield expression[start:at]
            start = at + 1
    yield expression[start:]


class _Package:
    """The unpacked package."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.elements: dict[str, Json] = {}
        for structure in self.all("StructureDefinition"):
            if structure.get("derivation") != "constraint":
                for element in structure.get("snapshot", {}).get("element", ()):
                    self.elements[element["path"]] = element
        self.code_systems = {one["url"]: one for one in self.all("CodeSystem")}
        self.value_sets = {one["url"]: one for one in self.all("ValueSet")}

    def all(self, type_: str) -> Iterator[Json]:
        """Every resource of one type that the package has as a file of its own."""
        for path in sorted(self._folder.glob(f"{type_}-*.json")):
            resource = msgspec.json.decode(path.read_bytes())
            if resource["resourceType"] == type_:
                yield resource

    def element(self, path: str) -> Json | None:
        """The definition of ``Patient.name.family``, through the types in between."""
        first, *rest = path.split(".")
        place, found = first, None
        for name in rest:
            found = self.elements.get(f"{place}.{name}") or self.elements.get(f"{place}.{name}[x]")
            if not found:
                return None
            place = self._continued(found)
        return found

    def parent_type(self, path: str) -> str | None:
        """The type of what holds the element."""
        parent = self.element(path.rpartition(".")[0])
        return self._continued(parent) if parent else None

    def _continued(self, element: Json) -> str:
        if "contentReference" in element:
            return str(element["contentReference"]).removeprefix("#")
        types = [one["code"] for one in element.get("type", ())]
        inner = len(types) == 1 and types[0] not in ("BackboneElement", "Element")
        return str(types[0]) if inner else str(element["path"])

    def codes(self, value_set: str) -> Codes:
        """What a value set holds."""
        found: Codes = {}
        compose = self.value_sets.get(value_set.split("|")[0], {}).get("compose", {})
        for include in compose.get("include", ()):
            for system, codes in self._included(include).items():
                known = found.get(system, [])
                found[system] = None if known is None or codes is None else [*known, *codes]
        for exclude in compose.get("exclude", ()):
            gone = {one["code"] for one in exclude.get("concept", ())}
            known = found.get(exclude["system"])
            if known is not None:
                found[exclude["system"]] = [code for code in known if code not in gone]
        return found

    def _included(self, include: Json) -> Codes:
        if "valueSet" in include:
            return {system: codes for one in include["valueSet"] for system, codes in self.codes(one).items()}
        if "concept" in include:
            return {include["system"]: [one["code"] for one in include["concept"]]}
        system = self.code_systems.get(include["system"])
        if "filter" in include or not system or system.get("content") != "complete":
            return {include["system"]: None}
        return {include["system"]: list(_concepts(system.get("concept", ())))}


def _concepts(concepts: Iterable[Json]) -> Iterator[str]:
    for concept in concepts:
        yield concept["code"]
        yield from _concepts(concept.get("concept", ()))


class _Building:
    """Puts the definitions together."""

    def __init__(self, package: _Package) -> None:
        self._package = package
        searched = [one for one in package.all("SearchParameter") if not NOT_OF_R4.search(one["id"])]
        self._by_url = {one["url"]: one for one in searched}
        self._types = [
            one["name"]
            for one in package.all("StructureDefinition")
            if one["kind"] == "resource" and not one["abstract"] and one.get("derivation") != "constraint"
        ]
        self.bindings: dict[str, Codes] = {}
        self.in_names: set[str] = set()

    def built(self) -> Definitions:
        """All of them."""
        parameters: dict[str, dict[str, Parameter]] = defaultdict(dict)
        for one in self._by_url.values():
            for base in one["base"]:
                for type_ in self._types if base in ("Resource", "DomainResource") else [base]:
                    if one["code"] not in REFUSED:
                        parameters[type_][one["code"]] = self._parameter(one, base, type_)
        return Definitions(dict(parameters), self.bindings, sorted(self.in_names), self._compartments())

    def _parameter(self, one: Json, base: str, type_: str) -> Parameter:
        expression = str(MENDED.get(one["id"], one["expression"]))
        branches = [
            re.sub(r"^(Resource|DomainResource)\b", type_, part) for part in branches_of(expression, base)
        ]
        components = [self._component(part, branches) for part in one.get("component", ())]
        paths = [_CALL.sub("", branch) for branch in branches]
        codes = None if components else self._codes(paths)
        types = sorted({type_ for branch in branches for type_ in self._types_of(branch)})
        targets = _taken(branches) or one.get("target", self._types if one["type"] == "reference" else [])
        return Parameter(one["code"], one["type"], branches, targets, components, codes, types)

    def _component(self, part: Json, bases: list[str]) -> Component:
        expression = str(MENDED.get(part["definition"], part["expression"]))
        branches = branches_of(expression, None)
        for base in bases:
            self._codes([f"{base}.{_CALL.sub('', branch)}" for branch in branches if "%" not in branch])
        defined = self._by_url[part["definition"]]
        return Component(defined["code"], defined["type"], branches)

    def _codes(self, paths: list[str]) -> list[str] | None:
        """Notes what is special about the elements, and gives all codes if they have nothing else."""
        bindings = [self._binding(path) for path in paths]
        self.in_names.update(path for path in paths if self._package.parent_type(path) == "HumanName")
        self.bindings |= {path: found for path, found in zip(paths, bindings, strict=True) if found}
        if not all(bindings):
            return None
        lists = [codes for binding in bindings if binding for codes in binding.values()]
        known = [codes for codes in lists if codes is not None]
        return sorted({code for codes in known for code in codes}) if len(known) == len(lists) else None

    def _types_of(self, branch: str) -> list[str]:
        if " and " in branch:
            return ["boolean"]
        picked = re.findall(r"\.ofType\((\w+)\)$", branch)
        element = self._package.element(_CALL.sub("", branch)) or {}
        return picked or [one["code"] for one in element.get("type", ())]

    def _binding(self, path: str) -> Codes | None:
        element = self._package.element(path) or {}
        binding = element.get("binding", {})
        if [one["code"] for one in element.get("type", ())] != ["code"] or binding.get(
            "strength"
        ) != "required":
            return None
        return self._package.codes(binding["valueSet"])

    def _compartments(self) -> dict[str, dict[str, list[str]]]:
        return {
            one["code"]: {part["code"]: part["param"] for part in one["resource"] if "param" in part}
            for one in self._package.all("CompartmentDefinition")
            if one["id"] != "example"
        }


if __name__ == "__main__":
    made = _Building(_Package(Path(sys.argv[1]))).built()
    FILE.write_bytes(zstandard.compress(msgspec.json.encode(made), 19))

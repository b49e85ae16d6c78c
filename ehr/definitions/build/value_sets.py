"""Code lists of the value sets that R4 binds with strength ``required``.

Source: https://hl7.org/fhir/R4/valueset.html#compositions and the code systems of the specification.
"""

from collections.abc import Iterator
from typing import Any

from ehr.definitions.build.element_table import Row
from ehr.definitions.build.package import Definition, Package

Codes = dict[str, list[str]]
"""Code system url -> codes."""


class NotEnumerable(Exception):
    """The value set draws on a code system that the specification does not hold (UCUM, media types)."""


def required_codes(package: Package, table: dict[str, list[Row]]) -> dict[str, Codes]:
    """Value set url -> its codes, for every value set of the table that can be enumerated."""
    urls = sorted({row[4] for rows in table.values() for row in rows if row[4] is not None})
    lists = {url: _codes_or_none(package, url) for url in urls}
    return {url: codes for url, codes in lists.items() if codes is not None}


def _codes_or_none(package: Package, url: str) -> Codes | None:
    try:
        return _value_set(package, url)
    except NotEnumerable:
        return None


def _value_set(package: Package, url: str) -> Codes:
    value_set = package.definitions["ValueSet"].get(url)
    if value_set is None:
        raise NotEnumerable(url)
    codes: Codes = {}
    for include in value_set["compose"]["include"]:
        for system, found in _included(package, include).items():
            codes.setdefault(system, []).extend(code for code in found if code not in codes.get(system, ()))
    for exclude in value_set["compose"].get("exclude", ()):
        for system, found in _included(package, exclude).items():
            codes[system] = [code for code in codes[system] if code not in found]
    return codes


def _included(package: Package, include: dict[str, Any]) -> Codes:
    if "valueSet" in include:
        if "system" in include or len(include["valueSet"]) > 1:
            raise NotEnumerable("intersections of value sets do not occur in required bindings of R4")
        return _value_set(package, include["valueSet"][0])
    if "concept" in include:
        return {include["system"]: [concept["code"] for concept in include["concept"]]}
    return {include["system"]: _filtered(package, include)}


def _filtered(package: Package, include: dict[str, Any]) -> list[str]:
    system = package.definitions["CodeSystem"].get(include["system"])
    if system is None or system.get("content") != "complete":
        raise NotEnumerable(include["system"])
    codes = [code for code, _ in _concepts(system["concept"], ())]
    for filter_ in include.get("filter", ()):
        kept = _descendants(system, filter_)
        codes = [code for code in codes if code in kept]
    return codes


def _descendants(system: Definition, filter_: dict[str, str]) -> set[str]:
    if filter_["op"] not in ("is-a", "descendent-of"):
        raise NotEnumerable(filter_["op"])
    root = filter_["value"]
    below = {code for code, parents in _concepts(system["concept"], ()) if root in parents}
    return below | {root} if filter_["op"] == "is-a" else below


def _concepts(
    concepts: list[dict[str, Any]], above: tuple[str, ...]
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """(code, codes above it) of a hierarchy."""
    for concept in concepts:
        yield concept["code"], above
        yield from _concepts(concept.get("concept", []), (*above, concept["code"]))

"""Values of a resource worded as searches: one that finds it, and one that does not.

The values are those that the extraction finds; that it finds the right ones is proven against a FHIRPath
interpreter (tests/projections/search/extraction).
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from ehr.definitions import required_codes
from ehr.definitions.search_parameters import SearchParameter, search_parameters
from ehr.names import unaccented
from projections.search.indexing import INDEXERS
from tests.projections.search.extraction.recording import extracted

Json = dict[str, Any]
Typed = tuple[str, Any]
"""A FHIR type, and a value of it as JSON."""

CURRENCIES = "urn:iso:std:iso:4217"


class Wording(NamedTuple):
    """Texts of one parameter. finds: it finds the resource of which it was made. misses: it does not."""

    finds: str
    misses: str


class Said:
    """What a resource says: the values of each parameter."""

    def __init__(self, resource: Json) -> None:
        self._own = search_parameters(resource["resourceType"])
        self._values: dict[int, list[Typed]] = defaultdict(list)
        self._parts: dict[int, list[list[list[Typed]]]] = defaultdict(list)
        for number, types, *found in extracted(resource):
            if types[0] == "composite":
                self._parts[number].append(found[1:])
            else:
                self._values[number].append((types[1], found[0]))

    def wording(self, code: str) -> Wording | None:
        """How to ask for the resource by a parameter; None where nothing can be asked."""
        parameter = self._own[code]
        if parameter.type == "composite":
            return next(self._composites(parameter), None)
        return _of(parameter, self._of(parameter))

    def _of(self, parameter: SearchParameter) -> list[Typed]:
        if parameter.union_of:
            return [one for code in parameter.union_of for one in self._of(self._own[code])]
        if parameter.restricts:
            code, targets = parameter.restricts
            return [one for one in self._of(self._own[code]) if not targets or _target(one) in targets]
        return self._values[parameter.number]

    def _composites(self, parameter: SearchParameter) -> Iterator[Wording]:
        for code in parameter.union_of:
            yield from self._composites(self._own[code])
        halves = [self._own[component.code] for component in parameter.components]
        together = self._parts[parameter.number]
        if parameter.root_composite:
            together = [[self._of(half) for half in halves]]
        for values in together:
            worded = [_of(half, some) for half, some in zip(halves, values, strict=True)]
            texts = [one for one in worded if one]
            if len(texts) == len(worded):
                first, *others = texts
                rest = [other.finds for other in others]
                yield Wording("$".join([first.finds, *rest]), "$".join([first.misses, *rest]))


def _of(parameter: SearchParameter, values: list[Typed]) -> Wording | None:
    finds = next((text for one in values for text in _texts(parameter.type, *one)), None)
    if finds is None:
        return None
    return Wording(finds, _other_code(parameter, values) or MISSING[parameter.type])


MISSING = {
    "token": "no-such-code",
    "string": "no such text",
    "reference": "no-such-id",
    "date": "1066",
    "number": "-98765",
    "quantity": "-98765",
    "uri": "http://example.org/no/such/address",
}


def _other_code(parameter: SearchParameter, values: list[Typed]) -> str | None:
    """One that the value set has and the resource has not, where others are refused."""
    if parameter.types == ("boolean",):
        return "false" if any(value for _, value in values) else "true"
    codes = required_codes(parameter.codes) if parameter.codes else None
    if not codes:
        return None
    own = {value for _, value in values}
    return next(code for found in codes.values() for code in found if code not in own)


def _target(value: Typed) -> str | None:
    said = value[1]
    found = re.search(r"(?:^|/)([A-Z]\w+)/[^/]+(?:/_history/[^/]+)?$", said.get("reference") or "")
    return found[1] if found else said.get("resourceType") or said.get("type")


def _texts(search_type: str, type_: str, value: Any) -> Iterable[str]:
    """Texts that find a value by a parameter of a type; none if there is no index of its FHIR type."""
    if (search_type, type_) not in INDEXERS:
        return []
    match search_type:
        case "token":
            return _tokens(type_, value)
        case "string":
            return [_escaped(text) for text in _strings(value) if unaccented(text)]
        case "reference":
            return _references(type_, value)
        case "date":
            return _dates(type_, value)
        case "number" | "quantity":
            return _amounts(type_, value)
    return [_escaped(value)]


def _escaped(text: str) -> str:
    return re.sub(r"([\\,$|])", r"\\\1", text)


def _tokens(type_: str, value: Any) -> Iterator[str]:
    if type_ == "CodeableConcept":
        for coding in value.get("coding", ()):
            yield from _tokens("Coding", coding or {})
    elif type_ == "boolean":
        yield "true" if value else "false"
    elif type_ in ("Coding", "Identifier"):
        code = value.get("code" if type_ == "Coding" else "value")
        if code:
            yield f"{_escaped(value.get('system', ''))}|{_escaped(code)}"
    else:
        text = value.get("value") if type_ == "ContactPoint" else value
        if text:
            yield _escaped(text)


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        yield from (text for text in value if text)
    else:
        for name in ("family", "given", "text", "city", "line", "country"):
            yield from _strings(value.get(name) or [])


def _references(type_: str, value: Any) -> Iterator[str]:
    if type_ == "Resource":
        yield f"{value['resourceType']}/{value['id']}"
        return
    text = value.get("reference") if type_ == "Reference" else value
    # One word alone would be taken for an id.
    if text and not text.startswith("#") and re.search("[:/]", text):
        yield _escaped(text)


def _dates(type_: str, value: Any) -> Iterator[str]:
    if type_ == "Timing":
        yield from (f"ge{event}" for event in value.get("event", ()) if event)
        yield from _dates("Period", value.get("repeat", {}).get("boundsPeriod", {}))
    elif type_ == "Period":
        yield from (f"ge{value['start']}" for _ in range("start" in value))
        yield from (f"le{value['end']}" for _ in range("end" in value))
    else:
        yield value


def _amounts(type_: str, value: Any) -> Iterator[str]:
    if type_ in ("integer", "decimal"):
        yield repr(value)
    elif type_ == "Range":
        yield from (f"ge{text}" for text in _amounts("Quantity", value.get("low", {})))
        yield from (f"le{text}" for text in _amounts("Quantity", value.get("high", {})))
    elif "value" in value:
        system = CURRENCIES if type_ == "Money" else value.get("system", "")
        unit = value.get("currency") or value.get("code") or value.get("unit")
        yield repr(value["value"]) + (f"|{_escaped(system)}|{_escaped(unit)}" if unit else "")

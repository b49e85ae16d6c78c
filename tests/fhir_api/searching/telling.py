"""Valid resources that have a value for a search parameter, where HL7's examples have none.

Made of what the resource must have and, at the path of the parameter's expression, of one plain value.
"""

from collections.abc import Iterator, Sequence
from copy import deepcopy
from functools import cache
from typing import Any

from ehr.definitions import Element, elements, required_codes
from ehr.definitions.expressions import Field, IsDeceased, Path, RefersTo, Step, Where, paths
from ehr.definitions.search_parameters import SearchParameter, search_parameters
from fhir_api.intake import validate
from fhir_api.intake.formats import CODES_BY_FORM
from projections.search.extraction.walk import FROM_RESOURCE
from tests.fhir_api.intake.valid_resources import least

Json = dict[str, Any]
Graft = tuple[Path, Any]

CODE = {"system": "http://example.org/codes", "code": "one", "display": "Một hai"}
AMOUNT = {"value": 7.5, "unit": "milligram", "system": "http://unitsofmeasure.org", "code": "mg"}
VALUES: dict[str, Any] = {
    **dict.fromkeys(("Quantity", "Age", "Duration"), AMOUNT),
    **dict.fromkeys(("string", "markdown"), "Chữ thử"),
    **dict.fromkeys(("uri", "url", "canonical"), "http://example.org/fhir/of/1"),
    **dict.fromkeys(("integer", "positiveInt", "unsignedInt"), 7),
    "Address": {"line": ["1 Lê Lợi"], "city": "Vinh", "country": "VN"},
    "CodeableConcept": {"coding": [CODE], "text": "Ba bốn"},
    "Coding": CODE,
    "ContactPoint": {"system": "phone", "value": "0912345678"},
    "HumanName": {"family": "Nguyễn", "given": ["Thị", "Ánh"]},
    "Identifier": {"system": "http://example.org/numbers", "value": "1", "type": {"coding": [CODE]}},
    "Money": {"value": 7.5, "currency": "VND"},
    "Period": {"start": "2024-05-10", "end": "2024-05-12"},
    "Range": {"low": AMOUNT, "high": AMOUNT | {"value": 9.5}},
    "Timing": {"event": ["2024-05-10"]},
    "boolean": True,
    "code": "one",
    "date": "2024-05-10",
    "dateTime": "2024-05-10",
    "decimal": 7.5,
    "id": "one",
    "instant": "2024-05-10T08:00:00+07:00",
    "oid": "urn:oid:1.2.3",
    "system.id": "one",
}


def telling(type_: str, code: str) -> Json:
    """A valid resource of a type, with a value for a parameter of it; without an id."""
    parameter = search_parameters(type_)[code]
    for grafts in _ways(type_, parameter):
        resource = {"resourceType": type_, **least(type_)}
        for path, value in grafts:
            _graft(resource, type_, path.steps, value)
        if validate(resource, type_) == []:
            return resource
    raise AssertionError(f"no valid {type_} has a {code}")


def _ways(type_: str, parameter: SearchParameter) -> Iterator[list[Graft]]:
    own = search_parameters(type_)
    if parameter.union_of:
        yield from _ways(type_, own[parameter.union_of[0]])
        return
    for path in paths(parameter.expression, type_, elements):
        if parameter.type == "composite":
            yield [graft for part in parameter.components for graft in _half(type_, path, part.expression)]
        elif path.type in VALUES or path.type in ("Reference", "Resource"):
            yield [(path, _value(path, parameter.targets))]


def _half(type_: str, base: Path, expression: str) -> list[Graft]:
    """One component of a composite, from the base element or from the resource."""
    of_resource = expression.startswith(FROM_RESOURCE)
    before = () if of_resource else base.steps
    start = type_ if of_resource else base.type
    found = paths(expression.removeprefix(FROM_RESOURCE), start, elements)
    first = min(found, key=lambda path: path.type not in VALUES)
    return [(Path((*before, *first.steps), first.type, "", ()), _value(first, (type_,)))]


def _value(path: Path, targets: Sequence[str]) -> Any:
    if path.type == "Reference":
        numbered = {"system": "http://example.org/numbers", "value": "1"}
        return {"reference": f"{targets[0]}/1", "identifier": numbered}
    if path.type == "Resource":
        return {"resourceType": targets[0], "id": "1", **least(targets[0])}
    codes = required_codes(path.codes) if path.codes else None
    if path.codes in CODES_BY_FORM:
        return "VND"
    if not codes:
        return deepcopy(VALUES[path.type])
    system, found = min(codes.items())
    coding = {"system": system, "code": found[0]}
    return {"code": found[0], "Coding": coding, "CodeableConcept": {"coding": [coding]}}[path.type]


def _graft(node: Json, type_: str, steps: Sequence[Step], value: Any) -> None:
    """Puts a value where the steps lead from a node of a type."""
    first, *rest = steps
    if isinstance(first, IsDeceased):
        node[first.keys[0]] = True
        return
    assert isinstance(first, Field)
    element, kind = _keys(type_)[first.key]
    for key in element.types_by_key():
        if key != first.key:
            node.pop(key, None)
    further = next((at for at, step in enumerate(rest) if isinstance(step, Field)), len(rest))
    item = value if further == len(rest) else _there(node, first) or least(kind)
    if further < len(rest):
        _graft(item, kind, rest[further:], value)
    for step in rest[:further]:
        if isinstance(step, Where):
            item[step.key] = step.equals
        elif isinstance(step, RefersTo):
            item["reference"] = f"{step.type}/1"
    node[first.key] = [item] if first.many else item


def _there(node: Json, field: Field) -> Any:
    value = node.get(field.key)
    return value[0] if field.many and value else value


@cache
def _keys(type_: str) -> dict[str, tuple[Element, str]]:
    """JSON key -> (element, the type of its values)."""
    return {key: (one, kind) for one in elements(type_) for key, kind in one.types_by_key().items()}

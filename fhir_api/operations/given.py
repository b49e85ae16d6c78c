"""What an operation is given: a Parameters resource (https://hl7.org/fhir/R4/parameters.html), and what it
answers in one."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import msgspec

from fhir_api.call import Call
from fhir_api.errors import BadRequest, UnknownParameter
from fhir_api.intake import IntakeRefused, Issue, Limits, scan, validate
from fhir_api.operation_definitions import OPERATIONS, Parameter
from fhir_api.outcomes import Invalid
from fhir_api.parameters import unsupported

LARGEST = 1 << 20
"""Bytes of a body: a Patient with a photo of passport size has a tenth of it."""

MOST = 50
"""Parameters of one operation."""

_RESOURCES = ("Patient",)
"""Types of parameters that are resources."""


class Given(NamedTuple):
    """raw: the body. values: by name, in order; texts: of resources, byte for byte."""

    raw: bytes
    values: Mapping[str, list[Any]]
    texts: Mapping[str, bytes]

    def one(self, name: str) -> Any:
        """The value of a parameter that is there at most once; None where it is not."""
        return next(iter(self.values.get(name, ())), None)


class _Text(msgspec.Struct):
    name: str
    resource: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


class _Texts(msgspec.Struct):
    parameter: list[_Text] = []


_texts = msgspec.json.Decoder(_Texts)


async def read_given(call: Call) -> Given:
    """The parameters of the operation that is called, checked against its definition.

    Where it takes a resource before all else, that may come by itself. Raises IntakeRefused, Invalid,
    BadRequest, UnknownParameter.
    """
    call.refuse_parameters()
    with call.services.room.share() as grow:
        raw = await call.body(LARGEST, grow)
        return _read(raw, OPERATIONS[call.interaction.removeprefix("$")].parameters)


def _read(raw: bytes, known: tuple[Parameter, ...]) -> Given:
    first = next(iter(known), None)
    alone = first if first and first.least and first.type in _RESOURCES else None
    resource = _resource(raw, {"Parameters", alone and alone.type})
    if alone and resource["resourceType"] == alone.type:
        return Given(raw, {alone.name: [resource]}, {alone.name: raw})
    parameters = resource.get("parameter", [])
    message = unsupported([one.get("name", "") for one in parameters], [one.name for one in known])
    if message:
        raise UnknownParameter(message)
    if len(parameters) > MOST:
        raise BadRequest(f"At most {MOST} parameters.")
    values = {one.name: list(_values(one, parameters)) for one in known}
    texts = {
        one.name: bytes(one.resource)
        for one in _texts.decode(raw).parameter
        if not isinstance(one.resource, msgspec.UnsetType)
    }
    return Given(raw, values, texts)


def _resource(raw: bytes, types: Collection[str | None]) -> dict[str, Any]:
    resource = scan(raw, Limits(LARGEST), "Parameters")
    if not isinstance(resource, dict):
        raise IntakeRefused([Issue("structure", "", "not a JSON object")])
    type_ = resource.get("resourceType")
    if type_ not in types:
        raise BadRequest("A Parameters resource is expected at this address.", expression="resourceType")
    issues = validate(resource, str(type_))
    if issues:
        raise Invalid(issues)
    return resource


def _values(known: Parameter, parameters: list[dict[str, Any]]) -> Iterator[Any]:
    """The values of one name. Raises BadRequest for another number of them, or other types."""
    is_resource = known.type in _RESOURCES
    element = "resource" if is_resource else f"value{known.type[0].upper()}{known.type[1:]}"
    places = [place for place, one in enumerate(parameters) if one.get("name") == known.name]
    if len(places) < known.least or (known.most == "1" and len(places) > 1):
        often = "at least" if len(places) < known.least else "at most"
        raise BadRequest(f"Parameter {known.name}: {often} once.", expression="Parameters.parameter")
    for place in places:
        value = parameters[place].get(element)
        if value is None or (is_resource and value["resourceType"] != known.type):
            raise BadRequest(
                f"Parameter {known.name}: a {known.type}.", expression=f"Parameters.parameter[{place}]"
            )
        yield value


class Part(NamedTuple):
    """A parameter of an answer. text: JSON of its value. element: where it stands."""

    name: str
    text: bytes
    element: str = "resource"


def told(parts: Iterable[Part]) -> bytes:
    """A Parameters resource of these."""
    texts = (b'{"name":"%b","%b":%b}' % (p.name.encode(), p.element.encode(), p.text) for p in parts)
    return b'{"resourceType":"Parameters","parameter":[%b]}' % b",".join(texts)

"""OperationDefinitions (https://hl7.org/fhir/R4/operationdefinition.html) of what the server has of its own.

HL7's definition of ``$everything`` would promise more: the type level, and POST.
"""

from collections.abc import Sequence
from typing import Any

_DESCRIPTIONS = {
    "everything": "A Patient, its compartment, and what these refer to, page by page. By GET only."
}
_TYPES = {"_count": "integer", "_since": "instant", "_type": "code", "start": "date", "end": "date"}
_REPEATED = ("_type",)


def is_operation(interaction: str) -> bool:
    """Whether a route's interaction is an operation."""
    return interaction[:1] == "$"


def definition(operation: str, parameters: Sequence[str]) -> dict[str, Any]:
    """The definition, contained in the capability statement, of an operation on one Patient.

    operation: with its ``$``. parameters: names of those that it takes.
    """
    code = operation.removeprefix("$")
    return {
        "resourceType": "OperationDefinition",
        "id": code,
        "name": code.capitalize(),
        "status": "active",
        "kind": "operation",
        "affectsState": False,
        "code": code,
        "description": _DESCRIPTIONS[code],
        "base": f"http://hl7.org/fhir/OperationDefinition/Patient-{code}",
        "resource": ["Patient"],
        "system": False,
        "type": False,
        "instance": True,
        "parameter": [
            *(_parameter(name, _TYPES[name]) for name in parameters),
            _parameter("return", "Bundle", use="out", least=1),
        ],
    }


def _parameter(name: str, type_: str, *, use: str = "in", least: int = 0) -> dict[str, Any]:
    most = "*" if name in _REPEATED else "1"
    return {"name": name, "use": use, "min": least, "max": most, "type": type_}

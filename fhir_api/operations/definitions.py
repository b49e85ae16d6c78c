"""OperationDefinitions (https://hl7.org/fhir/R4/operationdefinition.html) of what the server has of its own.

HL7's definition of ``$everything`` would promise more: the type level, and POST.
"""

from typing import Any

from fhir_api.operations.everything import PARAMETERS

_TYPES = {"_count": "integer", "_since": "instant", "_type": "code", "start": "date", "end": "date"}
_REPEATED = ("_type",)


def _parameter(name: str, type_: str, *, use: str = "in", least: int = 0) -> dict[str, Any]:
    most = "*" if name in _REPEATED else "1"
    return {"name": name, "use": use, "min": least, "max": most, "type": type_}


EVERYTHING: dict[str, Any] = {
    "resourceType": "OperationDefinition",
    "id": "everything",
    "name": "Everything",
    "status": "active",
    "kind": "operation",
    "affectsState": False,
    "code": "everything",
    "description": "A Patient, its compartment, and what these refer to, page by page. By GET only.",
    "base": "http://hl7.org/fhir/OperationDefinition/Patient-everything",
    "resource": ["Patient"],
    "system": False,
    "type": False,
    "instance": True,
    "parameter": [
        *(_parameter(name, _TYPES[name]) for name in PARAMETERS),
        _parameter("return", "Bundle", use="out", least=1),
    ],
}

"""OperationDefinitions (https://hl7.org/fhir/R4/operationdefinition.html) of what the server has of its own.

HL7's definitions of ``$everything``, ``$match``, ``$merge`` and ``$summary`` would promise more, or are of
another version of FHIR.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple


class Parameter(NamedTuple):
    """One parameter. type: of FHIR. least, most: how often it is there; ``*`` for any number."""

    name: str
    type: str
    said: str
    least: int = 0
    most: str = "1"


class Operation(NamedTuple):
    """An operation on Patients. base: HL7's definition that it is taken from. stores: whether it changes
    anything. one: whether it is of a single Patient, which its address names."""

    said: str
    parameters: tuple[Parameter, ...]
    returns: Parameter
    base: str | None = None
    stores: bool = False
    one: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """Of all that it takes."""
        return tuple(parameter.name for parameter in self.parameters)


_BUNDLE = Parameter("return", "Bundle", "A searchset.", 1)
_DOCUMENT = Parameter("return", "Bundle", "A document, whose first entry is a Composition.", 1)
_PARAMETERS = Parameter(
    "return", "Parameters", "What was sent (input), what came of it (outcome, result).", 1
)


def _names(role: str, word: str) -> tuple[Parameter, Parameter]:
    return (
        Parameter(f"{role}-patient", "Reference", f"{word}: Patient/id. With a version only if it is that."),
        Parameter(f"{role}-patient-identifier", "Identifier", "One Patient has all of them.", most="*"),
    )


_BOTH = (
    *_names("source", "Who is replaced"),
    *_names("target", "Who stays"),
    Parameter("preview", "boolean", "Whether nothing is stored."),
    Parameter("reason", "string", "Why, in words; kept with the decision."),
)

OPERATIONS: Mapping[str, Operation] = MappingProxyType(
    {
        "everything": Operation(
            "A Patient, its compartment, and what these refer to, page by page. By GET only.",
            (
                Parameter("_count", "integer", "Resources on a page."),
                Parameter("_since", "instant", "Recorded since then."),
                Parameter("_type", "code", "Types of resources.", most="*"),
                Parameter("start", "date", "Dated on that day or later."),
                Parameter("end", "date", "Dated on that day or earlier."),
            ),
            _BUNDLE,
            "http://hl7.org/fhir/OperationDefinition/Patient-everything",
            one=True,
        ),
        "match": Operation(
            "Patients that may be the person whom a Patient describes, the likeliest first.",
            (
                Parameter("resource", "Patient", "What is known of the person.", 1),
                Parameter("onlyCertainMatches", "boolean", "Give one person, who is certain, or nobody."),
                Parameter("count", "integer", "Patients at most."),
            ),
            _BUNDLE,
            "http://hl7.org/fhir/OperationDefinition/Patient-match",
        ),
        "merge": Operation(
            "A Patient is replaced by another, as R5 defines it. Only active and link of both are written; "
            "what refers to them stays as it is, and is found with either.",
            (*_BOTH, Parameter("result-patient", "Patient", "What the Patient that stays is to be.")),
            _PARAMETERS,
            "http://hl7.org/fhir/OperationDefinition/Patient-merge",
            stores=True,
        ),
        "summary": Operation(
            "An International Patient Summary of a Patient, and of those that are one person with it. Its "
            "content is that of the guide; resources are told as received, so no profile is claimed.",
            (),
            _DOCUMENT,
            "http://hl7.org/fhir/uv/ips/OperationDefinition/summary",
            one=True,
        ),
        "unmerge": Operation(
            "Takes a merge back, and lists what was recorded meanwhile.", _BOTH, _PARAMETERS, stores=True
        ),
    }
)
"""By code, which is the name without its ``$``."""


def is_operation(interaction: str) -> bool:
    """Whether a route's interaction is an operation."""
    return interaction[:1] == "$"


def definition(interaction: str) -> dict[str, Any]:
    """The definition of an operation, contained in the capability statement. interaction: with its ``$``."""
    code = interaction.removeprefix("$")
    operation = OPERATIONS[code]
    told = {
        "resourceType": "OperationDefinition",
        "id": code,
        "name": code.capitalize(),
        "status": "active",
        "kind": "operation",
        "affectsState": operation.stores,
        "code": code,
        "description": operation.said,
        "base": operation.base,
        "resource": ["Patient"],
        "system": False,
        "type": not operation.one,
        "instance": operation.one,
        "parameter": [
            *(_parameter(parameter, "in") for parameter in operation.parameters),
            _parameter(operation.returns, "out"),
        ],
    }
    return {name: value for name, value in told.items() if value is not None}


def _parameter(parameter: Parameter, use: str) -> dict[str, Any]:
    return {
        "name": parameter.name,
        "use": use,
        "min": parameter.least,
        "max": parameter.most,
        "documentation": parameter.said,
        "type": parameter.type,
    }

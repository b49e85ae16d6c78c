"""The part of FHIRPath that search parameters are written in: its syntax, and the paths that it means.

Source: https://hl7.org/fhir/R4/searchparameter.html, http://hl7.org/fhirpath/N1.
"""

from ehr.definitions.expressions.paths import (
    At,
    Field,
    IsDeceased,
    Path,
    RefersTo,
    Step,
    Untypable,
    Where,
    paths,
)
from ehr.definitions.expressions.syntax import NotUnderstood, alternatives, parse

__all__ = [
    "At",
    "Field",
    "IsDeceased",
    "NotUnderstood",
    "Path",
    "RefersTo",
    "Step",
    "Untypable",
    "Where",
    "alternatives",
    "parse",
    "paths",
]

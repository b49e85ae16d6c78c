"""What intake has to say about a resource that it refuses."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Issue:
    """One finding, shaped for OperationOutcome.issue (https://hl7.org/fhir/R4/operationoutcome.html).

    code: an issue type such as ``structure`` or ``value``. expression: FHIRPath of the place, empty where
    there is none (text that is not JSON). text: English, and never a value of the resource, which may be
    personal data.
    """

    code: str
    expression: str
    text: str
    severity: str = "error"


class IntakeRefused(Exception):
    """The body breaks a limit or is not JSON; ``issues`` say how."""

    def __init__(self, issues: Sequence[Issue]) -> None:
        super().__init__("; ".join(issue.text for issue in issues))
        self.issues = tuple(issues)

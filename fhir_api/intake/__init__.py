"""Intake: what may enter the record. Limits on the text first, then the definitions of FHIR R4.

`scan` reads the text of a body, `validate` the resource that it holds. Whatever both accept, every view can
project.
"""

from fhir_api.intake.issues import IntakeRefused, Issue
from fhir_api.intake.limits import Limits, scan
from fhir_api.intake.validation import validate
from fhir_api.intake.validator import warm

__all__ = ["IntakeRefused", "Issue", "Limits", "scan", "validate", "warm"]

"""URIs of the identifier systems of people and facilities.

Names below ``fhir.ehealth.gov.vn`` come from the Ministry of Health's draft guide (hl7.fhir.vn.core 1.0.0,
FHIR R4). What no guide defines yet lives below ``fhir.example.vn``.
"""

from typing import Final

_CORE: Final = "http://fhir.ehealth.gov.vn/core/sid"
_PLACEHOLDER: Final = "http://fhir.example.vn/sid"

NATIONAL_ID: Final = f"{_CORE}/national_id"
"""The personal number, which the cards CCCD and căn cước bear."""

OLD_CITIZEN_ID: Final = f"{_CORE}/citizen_id"
"""CMND."""

INSURANCE_NUMBER: Final = f"{_CORE}/insurance_number"
"""BHYT: that of a card (15 characters) or of the person alone (10 digits)."""

PASSPORT_NUMBER: Final = f"{_CORE}/passport_number"
PATIENT_NUMBER: Final = f"{_CORE}/patient-internal-id"
FACILITY_CODE: Final = f"{_CORE}/provider-code"

CANCELLED_NATIONAL_ID: Final = f"{_PLACEHOLDER}/personal-number-cancelled"
BIRTH_PAPER: Final = f"{_PLACEHOLDER}/birth-certificate"
TEMPORARY_ID: Final = f"{_PLACEHOLDER}/temporary-id"

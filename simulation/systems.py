"""Every URI the simulated facilities write: identifier systems, extensions, code systems.

Names below `fhir.ehealth.gov.vn` come from the Ministry of Health's draft guide (hl7.fhir.vn.core 1.0.0,
FHIR R4). What no guide defines yet lives below `fhir.example.vn`.
"""

from typing import Final

_CORE: Final = "http://fhir.ehealth.gov.vn/core"
_PLACEHOLDER: Final = "http://fhir.example.vn"
_HL7: Final = "http://terminology.hl7.org/CodeSystem"

# Identifiers of people
NATIONAL_ID: Final = f"{_CORE}/sid/national_id"
OLD_CITIZEN_ID: Final = f"{_CORE}/sid/citizen_id"
INSURANCE_NUMBER: Final = f"{_CORE}/sid/insurance_number"
TEMPORARY_ID: Final = f"{_PLACEHOLDER}/sid/temporary-id"
MEDICAL_LICENCE: Final = f"{_CORE}/sid/provider-medical-license-number"
EMPLOYEE_NUMBER: Final = f"{_CORE}/sid/healthworker-employee-number"

# Identifiers of places, papers and relatives
FACILITY_CODE: Final = f"{_CORE}/sid/provider-code"
VISIT_NUMBER: Final = f"{_CORE}/sid/VisitNumber"
LOCATION_CODE: Final = f"{_PLACEHOLDER}/sid/location"
RELATIVE_NUMBER: Final = f"{_PLACEHOLDER}/sid/related-person"
REFERRAL_NUMBER: Final = f"{_PLACEHOLDER}/sid/referral"

# Extensions
# The guide calls the ethnic group (dân tộc) race, and religion ethnicity.
ETHNIC_GROUP_EXTENSION: Final = f"{_CORE}/StructureDefinition/extension-race"
IDENTIFIER_CAPTURED: Final = f"{_PLACEHOLDER}/StructureDefinition/identifier-captured"
ADMINISTRATIVE_ADDRESS: Final = f"{_CORE}/StructureDefinition/extension-administrative-address"

# Code systems of Vietnam
ETHNIC_GROUP: Final = f"{_CORE}/CodeSystem/vn-core-race"
COMMUNE: Final = f"{_PLACEHOLDER}/CodeSystem/commune"
PROVINCE: Final = f"{_PLACEHOLDER}/CodeSystem/province"
VISIT_CLASS: Final = f"{_PLACEHOLDER}/CodeSystem/ma-loai-kcb"
ADMINISTRATIVE_UNITS_VERSION: Final = "2025-07-01"  # 34 provinces, 3,321 communes

# Code systems of the world
LOINC: Final = "http://loinc.org"
SNOMED: Final = "http://snomed.info/sct"
UCUM: Final = "http://unitsofmeasure.org"
ATC: Final = "http://www.whocc.no/atc"
ICD10: Final = "http://hl7.org/fhir/sid/icd-10"
ICD9_PROCEDURES: Final = "http://hl7.org/fhir/sid/icd-9-cm"

# Code systems of HL7
IDENTIFIER_TYPE: Final = f"{_HL7}/v2-0203"
ENCOUNTER_CLASS: Final = f"{_HL7}/v3-ActCode"
ACT_REASON: Final = f"{_HL7}/v3-ActReason"
FAMILY_ROLE: Final = f"{_HL7}/v3-RoleCode"
DIAGNOSIS_ROLE: Final = f"{_HL7}/diagnosis-role"
DISCHARGE_DISPOSITION: Final = f"{_HL7}/discharge-disposition"
OBSERVATION_CATEGORY: Final = f"{_HL7}/observation-category"
INTERPRETATION: Final = f"{_HL7}/v3-ObservationInterpretation"
DIAGNOSTIC_SECTION: Final = f"{_HL7}/v2-0074"
CONDITION_CATEGORY: Final = f"{_HL7}/condition-category"
CONDITION_STATUS: Final = f"{_HL7}/condition-clinical"
CONDITION_VERIFICATION: Final = f"{_HL7}/condition-ver-status"
ALLERGY_STATUS: Final = f"{_HL7}/allergyintolerance-clinical"
ALLERGY_VERIFICATION: Final = f"{_HL7}/allergyintolerance-verification"
ORGANIZATION_TYPE: Final = f"{_HL7}/organization-type"
PRACTITIONER_ROLE: Final = f"{_HL7}/practitioner-role"
LOCATION_TYPE: Final = f"{_HL7}/v3-RoleCode"
IMMUNIZATION_ORIGIN: Final = f"{_HL7}/immunization-origin"


def patient_number_at(facility_code: str) -> str:
    """The namespace in which one facility numbers its own patients."""
    return f"{_PLACEHOLDER}/sid/facility/{facility_code}/patient"

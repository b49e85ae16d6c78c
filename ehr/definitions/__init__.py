"""The definitions of FHIR R4 (4.0.1) as tables, and the few questions that the record asks of them."""

from ehr.definitions.links import link_places, link_texts, may_hold_link, string_kinds
from ehr.definitions.main_dates import main_date, main_period
from ehr.definitions.references import encounter_references, patient_references, references
from ehr.definitions.tables import (
    RESOURCE_TYPES,
    Element,
    elements,
    encounter_paths,
    main_date_paths,
    required_codes,
    subject_paths,
    type_names,
)

__all__ = [
    "RESOURCE_TYPES",
    "Element",
    "elements",
    "encounter_paths",
    "encounter_references",
    "link_places",
    "link_texts",
    "main_date",
    "main_date_paths",
    "main_period",
    "may_hold_link",
    "patient_references",
    "references",
    "required_codes",
    "string_kinds",
    "subject_paths",
    "type_names",
]

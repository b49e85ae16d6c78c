"""The door: FHIR R4 REST, pages for clinicians, operations."""

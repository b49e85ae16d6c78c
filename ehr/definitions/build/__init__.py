"""Makes the data files of ehr.definitions from the FHIR R4 package; see __main__.py."""

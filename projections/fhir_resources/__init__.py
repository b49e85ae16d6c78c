"""The view behind the FHIR API: every version of every resource as received, and how to find it."""

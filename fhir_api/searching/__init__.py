"""Search: which parameters there are, and what their values mean (https://hl7.org/fhir/R4/search.html)."""

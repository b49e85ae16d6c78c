"""A simulated Vietnamese province that speaks to the record through its public FHIR API only."""

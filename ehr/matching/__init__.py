"""Whether two Patients are one person: what is compared, what it weighs, what follows (docs/matching.md)."""

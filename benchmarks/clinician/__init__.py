"""How long a clinician waits, among very many citizens of whom some have full charts."""

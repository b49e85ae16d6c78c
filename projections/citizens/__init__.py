"""Who is known: every registered person, found by number or by name, and where they were seen last."""

"""Who sends: every facility that states facts, since when, how late and how much."""

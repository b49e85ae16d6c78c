"""The view behind a citizen's chart: what was found, thought, given and done, at every facility."""

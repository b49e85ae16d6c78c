"""Which medicines are said to interact: a small table, with a public source for each pair."""

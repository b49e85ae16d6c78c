"""The search index and the queries on it."""

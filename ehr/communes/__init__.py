"""Communes and provinces of Vietnam, today's and those of before 1 July 2025, and what became what."""

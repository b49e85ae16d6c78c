"""Vaccinations held against the national schedule: what was given, is due, is overdue, comes next."""

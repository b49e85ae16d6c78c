"""Pico as published, and what the pages take of it."""

"""Linking: the one process that judges every new or amended Patient, and links or proposes by the rules."""

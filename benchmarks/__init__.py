"""Measurements of the whole backbone: `make bench`. Not tests: a slow machine makes nothing fail here."""

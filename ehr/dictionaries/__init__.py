"""Compression dictionaries, and the script that trains them."""

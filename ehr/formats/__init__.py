"""What a citizen shows or says in Vietnam, one module for each format; ``reading.read`` tells which it is.

Sources, and how sure each format is: docs/reference/formats.md.
"""

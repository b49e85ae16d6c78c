"""Whether what went wrong while a fact was projected is the fact's fault, or trouble that is not."""

import psycopg

_OF_THE_FACT = {"21", "22", "23", "54", "P0"}
"""Classes of SQLSTATE that follow from values: cardinality, data, integrity, program limits (an index entry
that is too large, say), and what functions raise (https://www.postgresql.org/docs/17/errcodes-appendix.html)."""

_OF_VALUES = (psycopg.DataError, psycopg.ProgrammingError)
"""What psycopg itself says, without a SQLSTATE, of values that cannot be sent: NUL in a text, say."""


def is_fault(error: Exception) -> bool:
    """True: the same fact would fail again and others would not, so its citizen is parked. False: trouble.

    Trouble is a database that is gone, full, too slow, or lacks a column (class 42): it parks nobody.
    """
    if not isinstance(error, psycopg.Error):
        return not isinstance(error, MemoryError)
    if error.sqlstate is None:
        return isinstance(error, _OF_VALUES)
    return error.sqlstate[:2] in _OF_THE_FACT

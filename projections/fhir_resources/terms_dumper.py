"""Terms in PostgreSQL's binary form: they are most of what is copied, and psycopg takes each by itself."""

from collections.abc import Sequence
from struct import pack

from psycopg import postgres
from psycopg.adapt import Dumper
from psycopg.pq import Format

_BIGINT = postgres.types["int8"]
_SIZE = 8


class TermsDumper(Dumper):
    """An array of bigint, never null, of one dimension (array_send in PostgreSQL's arrayfuncs.c)."""

    format = Format.BINARY
    oid = _BIGINT.array_oid

    def dump(self, obj: Sequence[int]) -> bytes:
        """Dimensions, whether there are nulls, type; length and first index; then each with its size."""
        if not obj:
            return pack(">3i", 0, 0, _BIGINT.oid)
        sized = [_SIZE] * (2 * len(obj))
        sized[1::2] = obj
        return pack(f">5i{len(obj) * 'iq'}", 1, 0, _BIGINT.oid, len(obj), 1, *sized)

"""A flush of requests as the parameters of ``record.append`` (append.sql)."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

from ehr.appending import Append
from ehr.facts import Answer
from ehr.sql import load_queries

_queries = load_queries(Path(__file__).with_name("arrays.sql"))
APPEND = _queries["append"]


def parameters(flush_id: UUID, flush: Sequence[Append], *, kept_by_kafka: bool) -> list[Any]:
    """One list a column, in the order of append.sql. kept_by_kafka: nothing is stored where the record does
    not know of that."""
    columns: list[Any] = [flush_id, len(flush)]
    columns += _columns(
        5, [(n, a.client, a.key, a.request_hash, entries_of(a)) for n, r in _each(flush) if (a := r.answer)]
    )
    columns += _columns(
        6, [(n, f.stream, f.type, f.state, f.subject, f.version) for n, r in _each(flush) for f in r.facts]
    )
    columns += _columns(8, [(n, *w.key, *w.head) for n, r in _each(flush) for w in r.heads])
    columns += _columns(4, [(n, *key, version) for n, r in _each(flush) for key, version in r.asserted_heads])
    columns += _columns(
        5, [(n, *m.condition, " ".join(m.ids)) for n, r in _each(flush) for m in r.asserted_matches]
    )
    columns += _columns(5, [(n, *c.key, c.system, c.value) for n, r in _each(flush) for c in r.claims])
    return [*columns, not kept_by_kafka]


def _each(flush: Sequence[Append]) -> list[tuple[int, Append]]:
    return list(enumerate(flush))


def _columns(width: int, rows: list[tuple[Any, ...]]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in range(width)]


def entries_of(answer: Answer) -> bytes:
    """What was answered, as it is kept in record.answers."""
    return msgspec.msgpack.encode(answer.entries)

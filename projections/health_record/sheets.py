"""Sheets: the entries that one stream has left in one person's chart, as one row."""

from collections.abc import Sequence
from hashlib import blake2b
from typing import NamedTuple

import msgspec

from ehr.compression import compress, decompress
from projections.health_record.kinds import AnyEntry

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[AnyEntry]).decode


class Packed(NamedTuple):
    """entries: zstandard frame of a MessagePack array. digest: 16 bytes, of what is in the frame: another
    version of zstandard may pack the same entries otherwise."""

    entries: bytes
    digest: bytes


def pack(entries: Sequence[AnyEntry]) -> Packed:
    """The stored form of a sheet."""
    encoded = _encode(entries)
    return Packed(compress(encoded), blake2b(encoded, digest_size=16).digest())


def unpack(frame: bytes) -> list[AnyEntry]:
    """The entries of a stored sheet, in order."""
    return _decode(decompress(frame))

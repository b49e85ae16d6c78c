"""Facts as bytes: MessagePack of the fields by name, with the fact's type under ``type``."""

from hashlib import blake2b

import msgspec

from ehr.facts import FACT_TYPES, SCHEMA_VERSION, AnyFact
from ehr.upcasting import upcast


class Undecodable(ValueError):
    """The bytes are no fact of a known type."""


class SchemaTooNew(ValueError):
    """The fact was written by newer code than this."""


_DAMAGED = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""What arbitrary bytes may raise: text that is not UTF-8 and deep nesting have errors of their own."""

_encoder = msgspec.msgpack.Encoder()
_decoder: msgspec.msgpack.Decoder[AnyFact] = msgspec.msgpack.Decoder(AnyFact)


def encode_fact(fact: AnyFact) -> bytes:
    """The stored form of a fact."""
    return _encoder.encode(fact)


def decode_fact(state: bytes) -> AnyFact:
    """The fact in the newest shape. Raises Undecodable, or SchemaTooNew for a schema of the future."""
    try:
        fact = _decoder.decode(state)
        if fact.schema_version == SCHEMA_VERSION:
            return fact
    except _DAMAGED as error:
        return _decode_other_schema(state, error)
    return _decode_other_schema(state, None)


def content_hash(state: bytes) -> bytes:
    """BLAKE2b-256 of the stored form: two copies of a fact agree when their hashes do."""
    return blake2b(state, digest_size=32).digest()


def _decode_other_schema(state: bytes, cause: Exception | None) -> AnyFact:
    try:
        fields = msgspec.msgpack.decode(state)
        version = fields["schema_version"]
        if version > SCHEMA_VERSION:
            raise SchemaTooNew(f"schema version {version}, this code knows {SCHEMA_VERSION}")
        if fields["type"] not in FACT_TYPES or version == SCHEMA_VERSION:
            raise Undecodable("not a fact of a known type") from cause
        lifted: AnyFact = msgspec.convert(upcast(fields, version), AnyFact)
        return lifted
    except (SchemaTooNew, Undecodable):
        raise
    except (*_DAMAGED, KeyError, TypeError, ValueError) as error:
        raise Undecodable("not a fact") from error

"""How a prepared person is kept: so that judging reads no Patient, and equal people are equal bytes."""

from collections.abc import Sequence
from hashlib import blake2b
from typing import Final

import msgspec

from ehr.matching.blocking import block_keys
from ehr.matching.names import Name
from ehr.matching.numbers import KINDS
from ehr.matching.person import MOST_NAMES, Person

_encoder: Final = msgspec.msgpack.Encoder(order="deterministic")
_people: Final = msgspec.msgpack.Decoder(Person)
_mothers: Final = msgspec.msgpack.Decoder(tuple[Name, ...])


def encoded(person: Person) -> bytes:
    """MessagePack; about 400 bytes."""
    return _encoder.encode(person)


def encoded_mothers(mothers: Sequence[Name]) -> bytes | None:
    """Of RelatedPersons; None where they name no mother."""
    return _encoder.encode(tuple(mothers)) if mothers else None


def decoded_mothers(mothers: bytes | None) -> tuple[Name, ...]:
    """What ``encoded_mothers`` gave."""
    return _mothers.decode(mothers) if mothers else ()


def decoded(person: bytes, mothers: bytes | None = None) -> Person:
    """The person whom a Patient and its RelatedPersons describe."""
    known = _people.decode(person)
    numbers = {kind: known.numbers[kind] for kind in KINDS if kind in known.numbers}
    both = dict.fromkeys((*known.mothers, *decoded_mothers(mothers)))
    return msgspec.structs.replace(known, numbers=numbers, mothers=tuple(both)[:MOST_NAMES])


def hashed(key: str) -> int:
    """A block key in eight bytes. Two that share one by chance cost a comparison and nothing else."""
    return int.from_bytes(blake2b(key.encode(), digest_size=8).digest(), signed=True)


def keys_of(person: Person) -> dict[int, str]:
    """Hash -> block key; most of a person's keys come first."""
    return {hashed(key): key for key in block_keys(person)}

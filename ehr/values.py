"""Values that every fact and every request speaks of."""

import os
import re
import time
from typing import NamedTuple
from uuid import UUID, uuid5

import msgspec

from ehr.remembering import remembered

SUBJECTS = UUID("5f0c1f0e-6a3e-5b0c-9d5b-0d6f4b1f7a11")
"""Name space of subject ids: UUIDv5(SUBJECTS, "Patient/<id>")."""

STREAMS = UUID("0b7a9c52-2f7d-5d0e-8a77-6f2d9be0c3d4")
"""Name space of stream ids: UUIDv5(STREAMS, "<Type>/<id>")."""


ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
"""A resource's id (https://hl7.org/fhir/R4/datatypes.html#id)."""


class Key(NamedTuple):
    """A FHIR resource's name on this server, e.g. ("Patient", "019b…")."""

    type: str
    id: str

    @property
    def reference(self) -> str:
        """The literal reference, ``Patient/019b…``."""
        return f"{self.type}/{self.id}"


class Actor(msgspec.Struct, frozen=True):
    """Who states a fact: the client program, the person, the facility and the device.

    Every request carries exactly one. Until sign-in exists it is taken from request headers and trusted,
    which is why the server listens on the loopback interface only.
    """

    client: str = "anonymous"
    user: str | None = None
    facility: str | None = None
    device: str | None = None


LONGEST_REFERENCE = 160
"""Characters of references whose subjects are remembered: those that can be of a resource."""


@remembered(65536, LONGEST_REFERENCE)
def subject_of(reference: str) -> UUID:
    """The subject (key of every fact about one person or thing) of a literal reference such as ``Patient/1``.

    It is derived, so the first mention of a Patient and its registration agree whatever comes first, in
    every process and after a restore. See docs/decisions/0003-derived-subjects.md.
    """
    return uuid5(SUBJECTS, reference)


def stream_of(key: Key) -> UUID:
    """The stream that begins with this resource."""
    return uuid5(STREAMS, f"{key.type}/{key.id}")


def stream_of_pair(subject: UUID, other: UUID) -> UUID:
    """The stream of what is decided about two Patients; of their subjects the smaller first."""
    return uuid5(STREAMS, f"pair/{subject}/{other}")


def new_id() -> str:
    """A UUIDv7 (RFC 9562) as text: ordered by time, so indexes grow at one end."""
    time_ = f"{time.time_ns() // 1_000_000:012x}"
    chance = os.urandom(10).hex()
    return f"{time_[:8]}-{time_[8:]}-7{chance[:3]}-{_VARIANT[chance[3]]}{chance[4:7]}-{chance[7:19]}"


_VARIANT = {digit: "89ab"[int(digit, 16) % 4] for digit in "0123456789abcdef"}

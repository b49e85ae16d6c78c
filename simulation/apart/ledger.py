"""What was stated about whom: the truth, by the ids that the server has given to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import orjson

from simulation.province import Sending
from simulation.shapes.elements import Json

EVERYBODY: Final = ""
"""Instead of a citizen: facilities, their places and their staff."""


@dataclass(slots=True)
class Ledger:
    """owners: of what stands at ``Type/id``, the citizen whom it is about. registered: citizen -> facility ->
    id of the Patient that it has registered. stated: id of a Patient -> what was stated of it, itself too.
    said: id of a Patient -> the Patient, as it was registered."""

    owners: dict[str, str] = field(default_factory=dict)
    registered: dict[str, dict[str, str]] = field(default_factory=dict)
    stated: dict[str, set[str]] = field(default_factory=dict)
    said: dict[str, Json] = field(default_factory=dict)

    def note(self, sending: Sending, answer: bytes) -> None:
        """What a transaction has become, by the server's answer. Sent again it is the same."""
        keys = [key_of(entry["response"]["location"]) for entry in orjson.loads(answer)["entry"]]
        self.owners.update(dict.fromkeys(keys, sending.citizen))
        if sending.citizen == EVERYBODY:
            return
        patients = self.registered.setdefault(sending.citizen, {})
        for key, entry in zip(keys, sending.bundle["entry"], strict=True):
            if key.startswith("Patient/"):
                patients[sending.facility] = key.removeprefix("Patient/")
                self.said.setdefault(patients[sending.facility], entry["resource"])
        self.stated.setdefault(patients[sending.facility], set()).update(keys)

    @property
    def patients(self) -> Iterator[tuple[str, str]]:
        """Each Patient, with the citizen who it is."""
        return ((id_, citizen) for citizen, found in self.registered.items() for id_ in found.values())

    def of(self, citizen: str) -> set[str]:
        """All that was stated about a citizen, at whatever facility."""
        return set().union(*(self.stated[id_] for id_ in self.registered[citizen].values()))

    def who(self, patient: str) -> str | None:
        """The citizen who the Patient of this id is; None for one that somebody else has sent."""
        return self.owners.get(f"Patient/{patient}")


def key_of(location: str) -> str:
    """``Type/id`` of ``…/Type/id/_history/1``, as an answer to a transaction has it."""
    return "/".join(location.partition("/_history/")[0].split("/")[-2:])

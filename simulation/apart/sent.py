"""What was stated about everybody, resource by resource, as it stands now: by what was sent, and by the ids
that the server has given to it."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

import orjson

from simulation.apart.ledger import EVERYBODY, key_of
from simulation.province import Sending
from simulation.shapes.elements import Json, condition_of


class Stated(NamedTuple):
    """A resource. key: ``Type/id``. patient: id of the Patient whom it is about. order: of the sending in
    which it was stated first, among all."""

    key: str
    resource: Json
    facility: str
    patient: str
    order: int

    @property
    def type(self) -> str:
        """Of the resource."""
        return self.key.partition("/")[0]


class Sent:
    """Everything that was sent about citizens."""

    def __init__(self) -> None:
        self._keys: dict[str, str] = {}
        self._stated: dict[str, dict[str, Stated]] = {}
        self._sendings = 0

    def note(self, sending: Sending, answer: bytes) -> None:
        """What a transaction has become, by the server's answer."""
        if sending.citizen == EVERYBODY:
            return
        self._sendings += 1
        keys = [key_of(entry["response"]["location"]) for entry in orjson.loads(answer)["entry"]]
        for key, entry in zip(keys, sending.bundle["entry"], strict=True):
            self._name(key, entry)
        stated = self._stated.setdefault(sending.citizen, {})
        for key, entry in zip(keys, sending.bundle["entry"], strict=True):
            former = stated.get(key)
            if former and "ifNoneExist" in entry["request"]:
                continue  # It is there already, and stays as it is.
            order = former.order if former else self._sendings
            patient = self._patient_of(key, entry["resource"])
            stated[key] = Stated(key, entry["resource"], sending.facility, patient, order)

    def of(self, citizen: str, patients: Collection[str]) -> list[Stated]:
        """What was stated about a citizen by these Patients."""
        return [one for one in self._stated[citizen].values() if one.patient in patients]

    def number_of(self, citizen: str) -> int:
        """How much was stated about a citizen by whatever Patient."""
        return len(self._stated[citizen])

    def key(self, reference: Json | None) -> str | None:
        """``Type/id`` of what a reference of a sent resource means."""
        said = (reference or {}).get("reference")
        return self._keys.get(said, said) if said else None

    def _name(self, key: str, entry: Json) -> None:
        """By what others of these sendings refer to it."""
        self._keys[entry["fullUrl"]] = key
        type_ = key.partition("/")[0]
        for one in entry["resource"].get("identifier", ()):
            self._keys[f"{type_}?{condition_of(one['system'], one['value'])}"] = key

    def _patient_of(self, key: str, resource: Json) -> str:
        about = (
            key if key.startswith("Patient/") else self.key(resource.get("subject", resource.get("patient")))
        )
        return (about or "").removeprefix("Patient/")

"""What somebody sends who corrects an entry, and the Provenance that keeps why."""

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import orjson

from ehr.health_record import now
from ehr.values import Key
from fhir_api.access.actor import LONGEST
from fhir_api.pages.corrections.fields import NUMBER, Field
from fhir_api.pages.stating import LONGEST_TEXT, cleaned
from projections.health_record.kinds.notes import UPDATE

PREFIX = "field."
"""Before the names of fields in the form."""

_NUMBER = re.compile(r"[0-9]{1,9}", re.ASCII)
_TOKEN = re.compile(r"[0-9a-f]{32}")


class Wish(NamedTuple):
    """What was sent. version: of the resource when it was looked at. typed: name of a field -> its text.

    error: all of it was entered in error. token: names this form, so that sending it twice stores one
    correction.
    """

    version: int | None = None
    typed: Mapping[str, str] = {}
    error: bool = False
    reason: str = ""
    by: str = ""
    token: str | None = None

    def changed(self, fields: Iterable[Field]) -> dict[Field, str]:
        """Fields whose text is another one now than they were shown with, and that text."""
        typed = self.typed
        return {one: typed[one.name] for one in fields if _as_shown(one, typed.get(one.name)) != one.text}

    @property
    def said(self) -> list[str]:
        """All of it, in order: what tells it from another wish."""
        typed = [text for pair in sorted(self.typed.items()) for text in pair]
        return [str(self.version), str(self.error), self.reason, self.by, *typed]

    @property
    def too_long(self) -> bool:
        """Whether a text is longer than is stored."""
        return any(len(text) > LONGEST_TEXT for text in (self.reason, *self.typed.values()))


def _as_shown(field: Field, text: str | None) -> str:
    """Whether a number has a comma or a point is a matter of the page's language."""
    if text is None:
        return field.text
    return text.replace(",", ".") if field.kind == NUMBER else text


def wish_of(fields: Mapping[str, str]) -> Wish:
    """From the fields of a form. What is damaged is left out: it is asked for again."""
    token, version = fields.get("token", ""), fields.get("version", "")
    typed = {
        name.removeprefix(PREFIX): cleaned(text) for name, text in fields.items() if name.startswith(PREFIX)
    }
    return Wish(
        int(version) if _NUMBER.fullmatch(version) else None,
        typed,
        fields.get("error") == "yes",
        cleaned(fields.get("reason", "")),
        cleaned(fields.get("by", ""))[:LONGEST],
        token if _TOKEN.fullmatch(token) else None,
    )


def provenance(key: Key, version: int, patient: str, called: str | None, wish: Wish) -> bytes:
    """Why a version of a resource was stated, by whom and when (https://hl7.org/fhir/R4/provenance.html).

    patient: id; R4 has no other element by which a Provenance is in a Patient's compartment than its targets.
    called: what the resource tells of.
    """
    target = {"reference": f"{key.reference}/_history/{version}"} | ({"display": called} if called else {})
    operation = {"system": "http://terminology.hl7.org/CodeSystem/v3-DataOperation", "code": UPDATE}
    author = {"system": "http://terminology.hl7.org/CodeSystem/provenance-participant-type", "code": "author"}
    return orjson.dumps(
        {
            "resourceType": "Provenance",
            "target": [target, {"reference": f"Patient/{patient}"}],
            "recorded": now(),
            "reason": [{"text": wish.reason}],
            "activity": {"coding": [operation]},
            "agent": [{"type": {"coding": [author]}, "who": {"display": wish.by}}],
        }
    )

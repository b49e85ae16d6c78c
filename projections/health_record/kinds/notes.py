"""Notes, and why entries were corrected: https://hl7.org/fhir/R4/documentreference.html, …/provenance.html"""

import base64
from collections.abc import Sequence

import msgspec

from projections.health_record.directory import named
from projections.health_record.elements import (
    UNSTATED,
    Concept,
    Reference,
    Resource,
    literal,
    shown,
    words,
)
from projections.health_record.entry import Entry, Named, Origin

LOINC, NOTE = "http://loinc.org", "34109-9"
"""The type of a DocumentReference that is a note (https://loinc.org/34109-9)."""

PLAIN = "text/plain"
UPDATE = "UPDATE"
"""The activity by which something is corrected (http://terminology.hl7.org/CodeSystem/v3-DataOperation)."""

LONGEST = 4000
"""Characters of a note that are shown."""

_MOST_ENCODED = 64 * 1024
"""Characters of an attachment that may be a note."""


class Note(Entry, frozen=True, tag=11, gc=False):
    """A note, or the correction of an entry: ``origin.type`` is DocumentReference or Provenance.

    text: what it says, in lines; of a correction its reason. about: what was corrected, None for a note.
    """

    text: str
    by: Named | None
    about: Named | None


class Attachment(msgspec.Struct, frozen=True, gc=False):
    """https://hl7.org/fhir/R4/datatypes.html#Attachment"""

    title: str | None = None
    contentType: str | None = None
    data: msgspec.Raw = UNSTATED


class _Agent(msgspec.Struct, frozen=True, gc=False):
    who: Reference | None = None


class _Provenance(Resource, frozen=True, kw_only=True, gc=False):
    target: msgspec.Raw = UNSTATED
    occurredDateTime: str | None = None
    recorded: str | None = None
    reason: tuple[Concept, ...] = ()
    activity: Concept | None = None
    agent: tuple[_Agent, ...] = ()


_provenance = msgspec.json.Decoder(_Provenance).decode
_references = msgspec.json.Decoder(tuple[Reference, ...]).decode
_text = msgspec.json.Decoder(str | None).decode


def text_of(type_: Concept | None, attachments: Sequence[Attachment]) -> str | None:
    """What a DocumentReference of this type says, if it is a note: as written in it, in plain text."""
    if type_ is None or len(attachments) != 1 or not _is_note(type_):
        return None
    (attachment,) = attachments
    kind = (attachment.contentType or "").partition(";")[0].strip()
    if kind != PLAIN or not 0 < len(bytes(attachment.data)) <= _MOST_ENCODED:
        return None
    return decoded(_text(attachment.data) or "")


def decoded(data: str) -> str | None:
    """The text in an attachment's base64; None where there is none. What is no character is left out."""
    try:
        text = base64.b64decode(data).decode("utf-8", "replace")
    except ValueError:
        return None
    text = "".join(one for one in text if one.isprintable() or one in "\n\t").strip()
    return (text if len(text) <= LONGEST else f"{text[:LONGEST]}…") or None


def correction(body: bytes, origin: Origin) -> Note | None:
    """Reads a Provenance: only one that says why something was changed is shown."""
    stated = _provenance(body)
    reason = next(filter(None, map(words, stated.reason)), None)
    if reason is None or not _is_update(stated.activity) or stated.target is UNSTATED:
        return None
    about = next((one for one in map(_about, _references(stated.target)) if one), None)
    if about is None:
        return None
    agents = (named(one.who, stated) for one in stated.agent)
    by = next(filter(None, agents), None)
    return Note(origin, stated.occurredDateTime or stated.recorded, None, reason, by, about)


def _about(target: Reference) -> Named | None:
    """What is named beside the Patient, in whose compartment a Provenance is by naming it."""
    reference = literal(target)
    return Named(shown(target.display), reference) if reference and reference[:8] != "Patient/" else None


def _is_note(type_: Concept) -> bool:
    return any(coding.system == LOINC and coding.code == NOTE for coding in type_.coding)


def _is_update(activity: Concept | None) -> bool:
    return activity is not None and any(coding.code == UPDATE for coding in activity.coding)

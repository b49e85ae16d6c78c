"""``Patient.link`` and ``Patient.active`` in the bytes of a Patient (https://hl7.org/fhir/R4/patient.html).

Whatever else it says stays as it is written, down to the digits. Pure.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec
import orjson

REPLACED_BY = "replaced-by"
REPLACES = "replaces"
"""Types of links (https://hl7.org/fhir/R4/valueset-link-type.html)."""

_Members = Mapping[str, bytes | None]
"""Name -> JSON text; None for what is not to be there."""

_members = msgspec.json.Decoder(dict[str, msgspec.Raw])
_elements = msgspec.json.Decoder(list[msgspec.Raw])


class PatientLink(NamedTuple):
    """type: of https://hl7.org/fhir/R4/valueset-link-type.html. other: a reference."""

    type: str
    other: str


def links_of(raw: bytes) -> list[PatientLink]:
    """All links of a valid Patient."""
    return [_said(link) for link in _links(raw)]


def inactive(raw: bytes) -> bytes:
    """The Patient, not in use any more."""
    return _with(raw, {"active": b"false"})


def linked(raw: bytes, link: PatientLink) -> bytes:
    """The Patient with a link, if it has it not."""
    links = _links(raw)
    if link in map(_said, links):
        return raw
    added = orjson.dumps({"other": {"reference": link.other}, "type": link.type})
    return _with(raw, {"link": _list([*links, added])})


def unlinked(raw: bytes, before: bytes, link: PatientLink) -> bytes:
    """The Patient without a link and, where it was replaced by it and is not in use, in use as before.

    before: the Patient before it was linked; what it had then, it keeps.
    """
    kept = _links(raw)
    if link not in links_of(before):
        kept = [one for one in kept if _said(one) != link]
    changed: dict[str, bytes | None] = {"link": _list(kept)}
    if link.type == REPLACED_BY and _text(raw, "active") == b"false":
        changed["active"] = _text(before, "active")
    return _with(raw, changed)


def _links(raw: bytes) -> list[bytes]:
    text = _text(raw, "link")
    return [] if text is None else [bytes(link) for link in _elements.decode(text)]


def _said(link: bytes) -> PatientLink:
    stated = orjson.loads(link)
    return PatientLink(stated.get("type", ""), stated.get("other", {}).get("reference", ""))


def _list(elements: Sequence[bytes]) -> bytes | None:
    return b"[%b]" % b",".join(elements) if elements else None


def _text(raw: bytes, name: str) -> bytes | None:
    member = _members.decode(raw).get(name)
    return None if member is None else bytes(member)


def _with(raw: bytes, changed: _Members) -> bytes:
    members: dict[str, bytes | None] = {name: bytes(value) for name, value in _members.decode(raw).items()}
    kept = {name: value for name, value in (members | dict(changed)).items() if value is not None}
    return b"{%b}" % b",".join(b"%b:%b" % (orjson.dumps(name), value) for name, value in kept.items())

"""Submissions: what goes to the server in one request each, made of the bytes of a document as they are.

A Bundle of type transaction or batch is one submission, and so is a single resource: a PUT under its own id,
or a POST when it has none. NDJSON, whose lines are resources, goes in batches (backbone.importing.ndjson).
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal
from urllib.parse import quote

import msgspec

from backbone.importing.documents import BYTE_ORDER_MARK, Document, reading
from backbone.importing.refusals import Refusal, Skipped

Kind = Literal["transaction", "batch", "resource"]
NOT_FHIR = "This is JSON, but no FHIR resource."


@dataclass(frozen=True)
class Submission:
    """One request.

    path: below the FHIR base. size: bytes of the document that it stands for. resources: how many the request
    is to store. lines: the document's line of each, when it is NDJSON.
    """

    document: str
    kind: Kind
    method: Literal["POST", "PUT"]
    path: str
    body: bytes = field(repr=False)
    size: int
    resources: int
    lines: tuple[int, ...] = ()

    @cached_property
    def key(self) -> str:
        """The Idempotency-Key: the same for the same bytes to the same place, today and on any other day."""
        digest = hashlib.sha256(f"{self.method} {self.path}\n".encode())
        digest.update(self.body)
        return digest.hexdigest()

    def place(self, index: int) -> str:
        """Where the resource at ``index`` of the request stands in the document."""
        if self.lines:
            return f"line {self.lines[index]}"
        return "" if self.kind == "resource" else f"entry[{index}]"


Found = Submission | Refusal | Skipped
"""What is found in a document: something to send, something that cannot be sent, or nothing."""


class Outline(msgspec.Struct):
    """What has to be known of a resource in order to send it."""

    resource_type: msgspec.Raw = msgspec.field(name="resourceType", default_factory=msgspec.Raw)
    id: msgspec.Raw = msgspec.field(default_factory=msgspec.Raw)
    type: msgspec.Raw = msgspec.field(default_factory=msgspec.Raw)
    entry: msgspec.Raw = msgspec.field(default_factory=msgspec.Raw)

    @property
    def target(self) -> tuple[Literal["POST", "PUT"], str] | None:
        """How and where the resource is sent by itself; None when it has no type."""
        type_, id_ = _text(self.resource_type), _text(self.id)
        if not type_:
            return None
        return ("PUT", f"{_segment(type_)}/{_segment(id_)}") if id_ else ("POST", _segment(type_))

    @property
    def bundle_kind(self) -> Literal["transaction", "batch"] | None:
        """Of a Bundle that asks for something; None for all else, also for one that only holds something."""
        if _text(self.resource_type) != "Bundle":
            return None
        kinds: dict[str, Literal["transaction", "batch"]] = {"transaction": "transaction", "batch": "batch"}
        return kinds.get(_text(self.type))

    @property
    def entries(self) -> int:
        """How many entries a Bundle has; 0 when they are no list, which is for the server to refuse."""
        try:
            return len(msgspec.json.decode(self.entry, type=list[msgspec.Raw]))
        except msgspec.DecodeError:
            return 0


def outline(content: bytes) -> Outline | str:
    """The outline, or why there is none."""
    try:
        return msgspec.json.decode(content, type=Outline)
    except msgspec.ValidationError:
        return "This is not a JSON object."
    except msgspec.DecodeError as error:
        return f"{error}."
    except RecursionError:
        return "The JSON is nested too deeply."


def read_json(document: Document) -> Iterator[Found]:
    """The submission of a document that holds a Bundle or another resource."""
    with reading(document.name), document.open() as stream:
        raw = stream.read()
    content = raw.removeprefix(BYTE_ORDER_MARK)
    seen = outline(content)
    if isinstance(seen, str):
        yield Refusal(document.name, "", seen)
    elif seen.bundle_kind:
        kind = seen.bundle_kind
        yield Submission(document.name, kind, "POST", "", content, len(raw), seen.entries)
    elif seen.target is None:
        yield Skipped(document.name, NOT_FHIR)
    else:
        yield Submission(document.name, "resource", *seen.target, content, len(raw), 1)


def _text(raw: msgspec.Raw) -> str:
    """A JSON string's text; empty when it is none."""
    try:
        return msgspec.json.decode(raw, type=str)
    except msgspec.DecodeError:
        return ""


def _segment(text: str) -> str:
    return quote(text, safe="")

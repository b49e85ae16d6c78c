"""NDJSON: one resource a line, sent in batches.

Each entry of a batch is the line's own bytes under a PUT of its id, so ids and relative references stay what
they are and sending a line twice changes nothing. Lines without an id are a POST. A batch stores its entries
one by one: a line that is refused takes no other with it. A reference may point at a line that comes later.
"""

from collections.abc import Iterator

import msgspec

from backbone.importing.documents import BYTE_ORDER_MARK, Document, reading
from backbone.importing.refusals import Refusal
from backbone.importing.submissions import NOT_FHIR, Found, Submission, outline

MOST_LINES = 200
MOST_BYTES = 4 * 2**20
"""A batch is full with so many lines or bytes. Other numbers make other Idempotency-Keys: a file half loaded
under the old ones would be sent again, which adds a second copy of its resources without id."""


class _Batch:
    """The batch that is being filled."""

    def __init__(self, document: str) -> None:
        self._document = document
        self._entries: list[bytes] = []
        self._lines: list[int] = []
        self._size = 0

    @property
    def filled(self) -> int:
        """How many lines it holds."""
        return len(self._lines)

    @property
    def full(self) -> bool:
        return self.filled >= MOST_LINES or (self.filled > 0 and self._size >= MOST_BYTES)

    def add(self, number: int, line: bytes) -> Refusal | None:
        """Takes a line in; the refusal when it is no resource. White space alone is nothing."""
        self._size += len(line)
        resource = (line.removeprefix(BYTE_ORDER_MARK) if number == 1 else line).strip()
        if not resource:
            return None
        seen = outline(resource)
        if isinstance(seen, str) or seen.target is None:
            return Refusal(self._document, f"line {number}", seen if isinstance(seen, str) else NOT_FHIR)
        method, url = seen.target
        request = msgspec.json.encode({"method": method, "url": url})
        self._entries.append(b'{"resource":' + resource + b',"request":' + request + b"}")
        self._lines.append(number)
        return None

    def submission(self) -> Submission:
        body = b'{"resourceType":"Bundle","type":"batch","entry":[' + b",".join(self._entries) + b"]}"
        return Submission(
            self._document, "batch", "POST", "", body, self._size, self.filled, tuple(self._lines)
        )


def read_ndjson(document: Document) -> Iterator[Found]:
    """The submissions of a document whose lines are resources, and the lines that cannot be sent."""
    batch = _Batch(document.name)
    with reading(document.name), document.open() as stream:
        for number, line in enumerate(stream, 1):
            refusal = batch.add(number, line)
            if refusal:
                yield refusal
            if batch.full:
                yield batch.submission()
                batch = _Batch(document.name)
    if batch.filled:
        yield batch.submission()

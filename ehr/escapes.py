"""Escapes in the text of JSON, which hide names from whoever looks for them without parsing it.

A writer may escape any character, and some write every ``/`` as ``\\/``
(https://www.rfc-editor.org/rfc/rfc8259#section-7).
"""

import re

import orjson

_ESCAPED = re.compile(rb"\\(?:/|u00[2-7])")


def without_escapes(text: bytes) -> bytes:
    """A text of the same JSON in which ASCII stands as itself, but for what has to be escaped."""
    if b"\\" not in text or not _ESCAPED.search(text):
        return text
    return orjson.dumps(orjson.loads(text))

"""Content codings: answers made smaller for lines to commune stations, as far as the client accepts
(https://www.rfc-editor.org/rfc/rfc9110#section-12.5.3)."""

import gzip
from collections.abc import Mapping

import zstandard

IDENTITY = "identity"


def best_coding(accept: str, offered: Mapping[str, object]) -> str:
    """The first of ``offered`` that an Accept-Encoding header names, else ``identity``."""
    accepted = {part.partition(";")[0].strip().lower() for part in accept.split(",")}
    return next((coding for coding in offered if coding in accepted), IDENTITY)


def smallest(content: bytes) -> dict[str, bytes]:
    """The content in every coding, as small as it gets, smallest first: for what is packed once."""
    return {
        "zstd": zstandard.ZstdCompressor(level=19).compress(content),
        "gzip": gzip.compress(content, compresslevel=9, mtime=0),
        IDENTITY: content,
    }


def packed(content: bytes, accept: str) -> tuple[str, bytes]:
    """(coding, bytes) for an Accept-Encoding header: for what is packed for each request."""
    coding = best_coding(accept, {"zstd": None, "gzip": None})
    if coding == "zstd":
        return coding, zstandard.ZstdCompressor(level=3).compress(content)
    return coding, gzip.compress(content, compresslevel=5, mtime=0) if coding == "gzip" else content

"""Bodies at rest: zstandard frames, made small by a dictionary of what FHIR resources have in common.

Every frame names its dictionary, so frames made with an older dictionary stay readable as long as the
dictionary's file stays in ``dictionaries/``; nothing is ever removed from there.
"""

from functools import cache
from pathlib import Path
from threading import local

import zstandard

DICTIONARIES = Path(__file__).with_name("dictionaries")
LEVEL = 1
LIMIT = 64 * 1024 * 1024
"""Bytes a frame may unpack to: more than any resource that intake accepts."""

_workers = local()


@cache
def dictionaries() -> dict[int, zstandard.ZstdCompressionDict]:
    """Every dictionary by its id; the highest id is the one that new frames use."""
    loaded = [zstandard.ZstdCompressionDict(path.read_bytes()) for path in DICTIONARIES.glob("*.zdict")]
    return {dictionary.dict_id(): dictionary for dictionary in loaded}


@cache
def _newest() -> zstandard.ZstdCompressionDict:
    newest = dictionaries()[max(dictionaries())]
    newest.precompute_compress(level=LEVEL)
    return newest


@cache
def _newest_id() -> int:
    return _newest().dict_id()


def compress(body: bytes) -> bytes:
    """One frame of ``body`` with the newest dictionary."""
    compressor: zstandard.ZstdCompressor | None = getattr(_workers, "compressor", None)
    if compressor is None:
        compressor = _workers.compressor = zstandard.ZstdCompressor(
            level=LEVEL, dict_data=_newest(), write_checksum=False, write_content_size=True
        )
    return compressor.compress(body)


def decompress(frame: bytes) -> bytes:
    """The bytes that ``compress`` was given. Raises ``zstandard.ZstdError`` for a frame that is damaged or
    unpacks to more than LIMIT."""
    stated = zstandard.get_frame_parameters(frame)
    # The library holds a limit against frames alone that do not say their size.
    if stated.content_size > LIMIT:
        raise zstandard.ZstdError(f"a frame unpacks to more than {LIMIT} bytes, or does not say to how many")
    if stated.dict_id != _newest_id():
        return _with_older(frame, stated.dict_id)
    newest: zstandard.ZstdDecompressor | None = getattr(_workers, "newest", None)
    if newest is None:
        newest = _workers.newest = zstandard.ZstdDecompressor(dict_data=_newest())
    return newest.decompress(frame)


def unpacked_size(frame: bytes) -> int:
    """Bytes that a frame of ``compress`` unpacks to, as it says itself."""
    return zstandard.frame_content_size(frame)


def _with_older(frame: bytes, dict_id: int) -> bytes:
    dictionary = dictionaries().get(dict_id) if dict_id else None
    return zstandard.ZstdDecompressor(dict_data=dictionary).decompress(frame)

"""Pictures made small: 256 colours do for a page, where a browser writes millions (PNG, https://www.w3.org/TR/png-3/)."""

import struct
import zlib

import numpy as np
from numpy.typing import NDArray

COLOURS = 256

ALIKE = 4
"""Bits of red, green and blue in which colours that hardly differ may differ."""

_SIGNATURE = b"\x89PNG\r\n\x1a\n"

Pixels = NDArray[np.uint8]


def packed(png: bytes) -> bytes:
    """The picture with a palette: of an RGB picture without interlacing, as browsers write it."""
    pixels = unpacked(png)
    height, width, _ = pixels.shape
    palette, places = _reduced(pixels.reshape(-1, 3))
    rows = np.zeros((height, width + 1), np.uint8)
    rows[:, 1:] = places.reshape(height, width)
    head = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    data = zlib.compress(rows.tobytes(), 9)
    return (
        _SIGNATURE
        + _chunk(b"IHDR", head)
        + _chunk(b"PLTE", palette.tobytes())
        + _chunk(b"IDAT", data)
        + _chunk(b"IEND", b"")
    )


def unpacked(png: bytes) -> Pixels:
    """Height × width × 3. Raises ValueError for another kind of PNG."""
    chunks = dict[bytes, bytes]()
    place = len(_SIGNATURE)
    while place < len(png):
        [length], kind = struct.unpack(">I", png[place : place + 4]), png[place + 4 : place + 8]
        chunks[kind] = chunks.get(kind, b"") + png[place + 8 : place + 8 + length]
        place += length + 12
    width, height, *form = struct.unpack(">IIBBBBB", chunks[b"IHDR"])
    if form != [8, 2, 0, 0, 0]:
        raise ValueError(f"a PNG of another form: {form}")
    rows = np.frombuffer(zlib.decompress(chunks[b"IDAT"]), np.uint8).reshape(height, 1 + width * 3)
    done = np.zeros((height, width, 3), np.uint8)
    above = np.zeros((width, 3), np.uint8)
    for row, line in enumerate(rows):
        above = done[row] = _unfiltered(line[0], line[1:].reshape(width, 3), above)
    return done


def _unfiltered(kind: int, line: Pixels, above: Pixels) -> Pixels:
    if kind == 0:
        return line
    if kind == 1:
        return np.cumsum(line, axis=0, dtype=np.uint8)
    if kind == 2:
        return line + above
    done = np.zeros_like(line)
    left = corner = np.zeros(3, np.int16)
    for column, (given, up) in enumerate(zip(line.astype(np.int16), above.astype(np.int16), strict=True)):
        guess = (left + up) // 2 if kind == 3 else _nearest(left, up, corner)
        left = (given + guess) % 256
        done[column], corner = left, up
    return done


def _nearest(left: NDArray[np.int16], up: NDArray[np.int16], corner: NDArray[np.int16]) -> NDArray[np.int16]:
    """Paeth's predictor."""
    guess = left + up - corner
    by_left, by_up, by_corner = abs(guess - left), abs(guess - up), abs(guess - corner)
    return np.where(
        (by_left <= by_up) & (by_left <= by_corner), left, np.where(by_up <= by_corner, up, corner)
    )


def _reduced(pixels: Pixels) -> tuple[Pixels, NDArray[np.intp]]:
    """A palette, and for each pixel the nearest of its colours: of colours that hardly differ, that which is
    there most, so that a rare one that does differ has its place."""
    known, places, counts = np.unique(pixels, axis=0, return_inverse=True, return_counts=True)
    common = np.argsort(-counts, kind="stable")
    _, first = np.unique(known[common] >> ALIKE, axis=0, return_index=True)
    palette = known[common[np.sort(first)[:COLOURS]]]
    apart = ((known[:, None].astype(np.int32) - palette[None].astype(np.int32)) ** 2).sum(axis=2)
    return palette, apart.argmin(axis=1)[places.reshape(-1)]


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

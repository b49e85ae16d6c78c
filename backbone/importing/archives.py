"""Archives, read as streams: no more than a block of one is in memory, and nothing is unpacked to disk."""

import gzip
import lzma
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, Protocol, cast

import zstandard

Member = tuple[str, int, Callable[[], BinaryIO]]
"""Name, size in bytes, and how to read it: before the next one is asked for."""

BLOCK = 512
"""A tar archive is made of blocks of so many bytes and ends with two of zeros (POSIX ustar)."""


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


def opener(path: Path) -> Callable[[Path], Iterator[Member]] | None:
    """What lists the members of the archive; None when the name is not that of an archive."""
    return next((list_ for suffixes, list_ in _KINDS.items() if path.name.endswith(suffixes)), None)


def _tar(decompress: Callable[[Path], AbstractContextManager[_Readable]], path: Path) -> Iterator[Member]:
    with decompress(path) as stream:
        watched = _Watched(stream)
        with tarfile.open(fileobj=cast("BinaryIO", watched), mode="r|") as tar:
            for member in iter(tar.next, None):
                if member.isfile():
                    yield member.name, member.size, partial(_extract, tar, member)
                cast("Any", tar).members.clear()  # It would keep all of them, however many there are.
        watched.check_end(tar.offset)


def _extract(tar: tarfile.TarFile, member: tarfile.TarInfo) -> BinaryIO:
    content = tar.extractfile(member)
    assert content is not None
    return cast("BinaryIO", content)


def _zip(path: Path) -> Iterator[Member]:
    with zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            if not member.is_dir():
                yield member.filename, member.file_size, partial(_open, archive, member)


def _open(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> BinaryIO:
    return cast("BinaryIO", archive.open(member))


class _Watched:
    """A stream that remembers where its last byte other than zero was.

    tarfile takes a damaged header, and zstandard a missing rest, for the end of the archive: without this
    check, what lies behind would be left out silently.
    """

    def __init__(self, stream: _Readable) -> None:
        self._stream = stream
        self._position = 0
        self._content_end = 0

    def read(self, size: int) -> bytes:
        """At most ``size`` bytes, or none at the end."""
        block = self._stream.read(size)
        content = len(block.rstrip(b"\0"))
        if content:
            self._content_end = self._position + content
        self._position += len(block)
        return block

    def check_end(self, end: int) -> None:
        """Raises tarfile.ReadError unless zeros, and nothing else, follow on the last member's ``end``."""
        while self.read(2**16):
            pass
        if self._position < end + BLOCK:
            raise tarfile.ReadError("the end of the archive is missing")
        if self._content_end > end:
            raise tarfile.ReadError(f"the archive is damaged after {end} bytes")


def _plain(path: Path) -> AbstractContextManager[_Readable]:
    return path.open("rb")


def _zstd(path: Path) -> AbstractContextManager[_Readable]:
    return cast("BinaryIO", zstandard.open(path, "rb"))


_KINDS: dict[tuple[str, ...], Callable[[Path], Iterator[Member]]] = {
    (".tar",): partial(_tar, _plain),
    (".tar.xz", ".txz"): partial(_tar, lzma.open),
    (".tar.gz", ".tgz"): partial(_tar, gzip.open),
    (".tar.zst", ".tzst"): partial(_tar, _zstd),
    (".zip",): _zip,
}

"""Documents: the FHIR files that paths hold, directly, in folders, or in archives."""

import lzma
import re
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path, PurePath, PurePosixPath
from typing import BinaryIO

import zstandard

from backbone.importing import archives

READABLE = (".json", ".ndjson")


BYTE_ORDER_MARK = b"\xef\xbb\xbf"
"""With which some programs begin UTF-8; it is no part of the JSON (RFC 8259, section 8.1)."""


class Unreadable(Exception):
    """A path, or something in it, cannot be read; the message names it and says why."""


class Turn(IntEnum):
    """When a document is sent. What others name by an identifier has to be there before them.

    Synthea writes conditional references (``Organization?identifier=…``): its patients' bundles need those of
    hospitals and practitioners, and its NDJSON files need the files of the same types.
    """

    HOSPITALS = 0
    PRACTITIONERS = 1
    OTHERS = 2


_TURNS = {
    Turn.HOSPITALS: re.compile(r"hospitalInformation|(Organization|Location)\b.*\.ndjson$"),
    Turn.PRACTITIONERS: re.compile(r"practitionerInformation|Practitioner(Role)?\b.*\.ndjson$"),
}


@dataclass(frozen=True, slots=True)
class Document:
    """One file, or one member of an archive.

    path: in the archive, if it is in one. size: in bytes. open: gives the bytes, before the next document is
    asked for.
    """

    path: PurePath
    size: int
    open: Callable[[], BinaryIO]
    archive: str = ""

    @property
    def name(self) -> str:
        """How it is called where people read it."""
        return f"{self.archive}!{self.path}" if self.archive else str(self.path)

    @property
    def readable(self) -> bool:
        """Whether the name says that FHIR may be in it."""
        return self.path.suffix in READABLE

    @property
    def turn(self) -> Turn:
        """When it is sent, by its name."""
        turns = (turn for turn, pattern in _TURNS.items() if pattern.match(self.path.name))
        return next(turns, Turn.OTHERS)


def sources(paths: Sequence[Path]) -> list[Path]:
    """The files that the paths are or hold, each once; in a folder in order of name. Raises Unreadable."""
    found: dict[Path, None] = {}
    for path in paths:
        if not path.exists():
            raise Unreadable(f"{path}: there is no such file or folder")
        files = sorted(file for file in path.rglob("*") if file.is_file()) if path.is_dir() else [path]
        found |= dict.fromkeys(file for file in files if not _hidden(file.relative_to(path)))
    return list(found)


def documents(source: Path) -> Iterator[Document]:
    """The documents of a file: itself, or, of an archive, its members in their order. Raises Unreadable."""
    members = archives.opener(source)
    if members is None:
        yield Document(source, source.stat().st_size, lambda: source.open("rb"))
        return
    with reading(str(source)):
        for name, size, open_member in members(source):
            path = PurePosixPath(name)
            if not _hidden(path):
                yield Document(path, size, open_member, str(source))


@contextmanager
def reading(name: str) -> Iterator[None]:
    """Turns every way in which reading a file or an archive fails into Unreadable."""
    try:
        yield
    except _FAILURES as error:
        raise Unreadable(f"{name}: {error or type(error).__name__}") from error


_FAILURES = (
    OSError,
    EOFError,
    RuntimeError,  # zipfile: a password is needed, or the way of compression is unknown
    lzma.LZMAError,
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
    zstandard.ZstdError,
)


def _hidden(path: PurePath) -> bool:
    """Files that file managers leave behind (``.DS_Store``, ``__MACOSX/…``) are nobody's records."""
    return any(part.startswith((".", "__MACOSX")) for part in path.parts)

"""Synthea's bundles as a server would have stored them, with the ids that are in the files."""

import re
import tarfile
from collections.abc import Iterator
from pathlib import Path

import msgspec

SMALL = Path(__file__).parents[1] / "data" / "synthea-small.tar.xz"
_FIRST = ("hospitalInformation", "practitionerInformation")
_LINK = re.compile(rb'"(?:urn:uuid:([0-9a-f-]{36})|([A-Z][A-Za-z]+\?identifier=[^"]+))"')


class _Identifier(msgspec.Struct):
    system: str = ""
    value: str = ""


class _Head(msgspec.Struct, rename="camel"):
    resource_type: str
    id: str
    identifier: list[_Identifier] | _Identifier = []


class _Entry(msgspec.Struct):
    resource: msgspec.Raw


class _Bundle(msgspec.Struct):
    entry: list[_Entry]


def resources(archive: Path = SMALL) -> list[bytes]:
    """All of them, in the order of loading, with their links made references."""
    contents = [bytes(entry.resource) for bundle in _bundles(archive) for entry in bundle.entry]
    places = {name: key for content in contents for name, key in _places(content)}

    def reference(link: re.Match[bytes]) -> bytes:
        return f'"{places[(link[1] or link[2]).decode()]}"'.encode()

    return [_LINK.sub(reference, content) for content in contents]


def _bundles(archive: Path) -> Iterator[_Bundle]:
    with tarfile.open(archive) as files:
        members = sorted((one for one in files if one.isfile()), key=_turn)
        for member in members:
            file = files.extractfile(member)
            assert file is not None
            yield msgspec.json.decode(file.read(), type=_Bundle)


def _turn(member: tarfile.TarInfo) -> tuple[int, str]:
    name = Path(member.name).name
    return next((n for n, first in enumerate(_FIRST) if name.startswith(first)), len(_FIRST)), name


def _places(content: bytes) -> Iterator[tuple[str, str]]:
    """How others may name the resource, and ``Type/id``."""
    head = msgspec.json.decode(content, type=_Head)
    key = f"{head.resource_type}/{head.id}"
    yield head.id, key
    for one in head.identifier if isinstance(head.identifier, list) else [head.identifier]:
        yield f"{head.resource_type}?identifier={one.system}|{one.value}", key

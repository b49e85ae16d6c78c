"""HL7's own examples (CC0): the selection that is kept here, and the whole package by command.

``python -m tests.fhir_api.intake.examples PACKAGE`` runs all 5,306 examples of the npm package
``hl7.fhir.r4.examples`` 4.0.1, its archive (.tgz) or the unpacked folder, and reports; with ``--keep`` it
writes the selection anew.
"""

import sys
import tarfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import msgspec
import zstandard

from fhir_api.intake import Limits, scan, validate

FOLDER = Path(__file__).parent
ARCHIVE = FOLDER / "hl7_examples.ndjson.zst"
KNOWN_INVALID: dict[str, str] = msgspec.json.decode((FOLDER / "known_invalid.json").read_bytes())
"""File name -> what in it breaks the specification."""

LIMITS = Limits(size=64 << 20)
KEPT_OF_A_TYPE = 60
LARGEST_KEPT = 50_000


class Example(msgspec.Struct):
    """One file of the package: its name and its text, without blanks but otherwise as published."""

    file: str
    resource: msgspec.Raw


def kept() -> list[Example]:
    """The selection: every type, every known invalid one, and variety."""
    text = zstandard.decompress(ARCHIVE.read_bytes())
    return msgspec.json.Decoder(Example).decode_lines(text)


def published(package: Path) -> Iterator[Example]:
    """Every example of the package, by the names of their files. package: a folder, or an archive."""
    for name, content in sorted(json_files(package)):
        text = msgspec.json.format(content, indent=-1)
        if b'"resourceType"' in text:
            yield Example(name, msgspec.Raw(text))


def json_files(place: Path) -> Iterator[tuple[str, bytes]]:
    """(name, content) of all JSON files of a folder or an archive, in any order."""
    if place.is_dir():
        yield from ((path.name, path.read_bytes()) for path in place.rglob("*.json"))
        return
    with tarfile.open(place) as archive:
        for member in archive:
            file = archive.extractfile(member) if member.name.endswith(".json") else None
            if file:
                yield Path(member.name).name, file.read()


def type_of(example: Example) -> str:
    """The resource type."""
    return str(scan(bytes(example.resource), LIMITS)["resourceType"])


def findings(example: Example) -> list[str]:
    """What intake says to the example, as ``expression: text``."""
    resource = scan(bytes(example.resource), LIMITS)
    return [f"{issue.expression}: {issue.text}" for issue in validate(resource, resource["resourceType"])]


def _selection(package: Path) -> list[Example]:
    by_type: dict[str, list[Example]] = defaultdict(list)
    for example in published(package):
        by_type[type_of(example)].append(example)
    return [example for examples in by_type.values() for example in _some(examples)]


def _some(examples: list[Example]) -> list[Example]:
    """Up to sixty of a type, spread over the alphabet; the smallest if all are large."""
    small = [example for example in examples if len(bytes(example.resource)) < LARGEST_KEPT]
    small = small or [min(examples, key=lambda example: len(bytes(example.resource)))]
    step = -(-len(small) // KEPT_OF_A_TYPE)
    invalid = [example for example in examples if example.file in KNOWN_INVALID]
    return small[::step] + [example for example in invalid if example not in small[::step]]


def _report(package: Path) -> int:
    count, wrong = 0, 0
    for example in published(package):
        count += 1
        found = findings(example)
        if bool(found) != (example.file in KNOWN_INVALID):
            wrong += 1
            print(example.file, found[:3] or "passes, but is listed as invalid")  # noqa: T201
    print(f"{count} examples, {len(KNOWN_INVALID)} known to be invalid, {wrong} unexpected")  # noqa: T201
    return 1 if wrong else 0


def _main(package: Path, *flags: str) -> int:
    if "--keep" in flags:
        lines = b"\n".join(msgspec.json.encode(example) for example in _selection(package))
        ARCHIVE.write_bytes(zstandard.compress(lines, 19))
    return _report(package)


if __name__ == "__main__":
    sys.exit(_main(Path(sys.argv[1]), *sys.argv[2:]))

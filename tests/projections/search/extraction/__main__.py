"""Every example of the package and every entry of the bundles, by the compiled extraction and an interpreter.

``python -m tests.projections.search.extraction PACKAGE BUNDLES``: PACKAGE is the unpacked npm package
``hl7.fhir.r4.examples`` 4.0.1, BUNDLES a folder of Synthea's bundles. Prints how often each parameter
disagrees, and fails if one does.
"""

import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from tests.projections.search.extraction.agreement import disagreements


def main(package: Path, bundles: Path) -> int:
    """Compare, print, and give the exit status."""
    count, found = 0, Counter[str]()
    for resource in (*_examples(package), *_entries(bundles)):
        count += 1
        found.update(disagreements(resource))
    for code, times in found.most_common():
        print(f"{code:<60}{times:>8}")
    print(f"{count} resources, {len(found)} parameters disagree")
    return 1 if found else 0


def _examples(package: Path) -> Iterator[dict[str, Any]]:
    for path in sorted(package.rglob("*.json")):
        resource = orjson.loads(path.read_bytes())
        if "resourceType" in resource:
            yield resource


def _entries(bundles: Path) -> Iterator[dict[str, Any]]:
    for path in sorted(bundles.glob("*.json")):
        yield from (entry["resource"] for entry in orjson.loads(path.read_bytes())["entry"])


if __name__ == "__main__":
    sys.exit(main(*map(Path, sys.argv[1:])))

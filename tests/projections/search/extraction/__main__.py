"""Every example of the package and every entry of the bundles, by the compiled extraction and an interpreter.

``python -m tests.projections.search.extraction PACKAGE BUNDLES``: PACKAGE is the npm package
``hl7.fhir.r4.examples`` 4.0.1, BUNDLES is Synthea's bundles; each a folder or an archive (.tgz, .tar.xz).
Prints how often each parameter disagrees, and fails if one does.
"""

import sys
from collections import Counter
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import orjson

from tests.fhir_api.intake.examples import json_files
from tests.projections.search.extraction.agreement import disagreements


def main(package: Path, bundles: Path) -> int:
    """Compare, print, and give the exit status."""
    count, found = 0, Counter[str]()
    for resource in chain(examples(package), entries(bundles)):
        count += 1
        found.update(disagreements(resource))
    for code, times in found.most_common():
        print(f"{code:<60}{times:>8}")
    print(f"{count} resources, {len(found)} parameters disagree")
    return 1 if found else 0


def examples(package: Path) -> Iterator[dict[str, Any]]:
    """Every resource that is a file of the package."""
    for _, content in json_files(package):
        resource = orjson.loads(content)
        if "resourceType" in resource:
            yield resource


def entries(bundles: Path) -> Iterator[dict[str, Any]]:
    """Every resource that is in one of the bundles."""
    for _, content in json_files(bundles):
        yield from (entry["resource"] for entry in orjson.loads(content)["entry"])


if __name__ == "__main__":
    sys.exit(main(*map(Path, sys.argv[1:])))

"""``python -m tests.validator FILE…``: what HAPI FHIR's validator finds in documents of FHIR R4.

``-`` is the document of the input."""

import sys
from pathlib import Path

from tests.validator.running import validated


def main(*files: str) -> int:
    """Prints a line for each issue, and how many are errors; gives the exit status."""
    documents = {file: sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes() for file in files}
    issues = validated(documents)
    for issue in issues:
        print(f"{issue.document}: {issue.severity}: {issue.place}: {issue.text}")
    errors = sum(issue.is_error for issue in issues)
    print(f"{len(documents)} documents, {errors} errors, {len(issues) - errors} other issues")
    return 1 if errors else 0


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))

"""docs/performance.md: what runs put into it, each between two marks of its own."""

import platform
import subprocess
from pathlib import Path

PAGE = Path(__file__).parents[1] / "docs" / "performance.md"


def put(mark: str, text: str, page: Path = PAGE) -> None:
    """Replaces what stands between ``<!-- mark -->`` and ``<!-- /mark -->``. Raises ValueError."""
    begin, end = f"<!-- {mark} -->", f"<!-- /{mark} -->"
    before, found, rest = page.read_text(encoding="utf8").partition(begin)
    _, ended, after = rest.partition(end)
    if not (found and ended):
        raise ValueError(f"{page.name} has no marks called {mark}")
    page.write_text(f"{before}{begin}\n{text}\n{end}{after}", encoding="utf8")


def machine() -> str:
    """What the figures of a run are those of."""
    cores = subprocess.run(["nproc"], capture_output=True, text=True, check=True).stdout.strip()
    return f"{cores} shared cores, Python {platform.python_version()}, PostgreSQL 17"

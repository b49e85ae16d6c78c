"""CPU time and memory of process trees, from /proc (proc(5))."""

import os
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(*roots: int) -> float:
    """CPU that these processes and all below them have used, the dead ones among them included."""
    children: dict[int, list[int]] = {}
    used: dict[int, int] = {}
    for directory in Path("/proc").iterdir():
        if directory.name.isdigit():
            fields = _stat(directory)
            if fields:
                children.setdefault(int(fields[1]), []).append(int(directory.name))
                used[int(directory.name)] = sum(map(int, fields[11:15]))
    waiting, total = list(roots), 0
    while waiting:
        process = waiting.pop()
        total += used.get(process, 0)
        waiting += children.get(process, [])
    return total / TICKS


def _stat(directory: Path) -> list[str] | None:
    try:
        return (directory / "stat").read_text(encoding="utf8").rsplit(")", 1)[1].split()
    except OSError:
        return None

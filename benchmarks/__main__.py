"""``python -m benchmarks [PATH…] [--seconds N] [--write]``: measures the whole backbone in one run.

PATH: files, folders or archives of Synthea bundles (transactions; hospitals and practitioners as batches);
without one, the small sample of the tests. ``--write`` puts the table into docs/performance.md.
"""

import argparse
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import kafka
from benchmarks.house import open_house
from benchmarks.measurements import Row, measure
from benchmarks.page import machine, put

SAMPLE = Path(__file__).parents[1] / "tests" / "data" / "synthea-small.tar.xz"
MARK = "measured"


def main() -> None:
    """Measures, prints, and writes when asked to."""
    parser = argparse.ArgumentParser(description="Measure the whole backbone in one run.")
    parser.add_argument("paths", nargs="*", type=Path, default=[SAMPLE], metavar="PATH")
    parser.add_argument("--seconds", type=float, default=10.0, help="for each timed load")
    parser.add_argument("--write", action="store_true", help="put the table into docs/performance.md")
    given = parser.parse_args()
    rows: list[Row] = []
    for row in _measured(given.paths, given.seconds):
        rows.append(row)
        print(f"{row.work:58} {row.figure:>26}   {row.note}", flush=True)
    if given.write:
        put(MARK, _table(rows, given.paths, given.seconds))


def _measured(paths: Sequence[Path], seconds: float) -> Iterator[Row]:
    """Without Kafka, and then the same with it."""
    embedded = 0.0
    with open_house() as house:
        for row in measure(house, paths, seconds):
            embedded = embedded or row.value
            yield row
    with open_house("kafka") as house:
        yield from kafka.measure(house, paths, seconds, embedded)


def _table(rows: list[Row], paths: list[Path], seconds: float) -> str:
    command = f"python -m benchmarks {' '.join(path.name for path in paths)} --seconds {seconds:g} --write"
    lines = [
        f"`{command}`, {datetime.now(UTC):%d/%m/%Y}, {machine()}. fsync on; everything validated;",
        "writes visible when answered; all views projecting; the load generator on the same cores.",
        "",
        "| work | figure | |",
        "|---|---|---|",
        *(f"| {row.work} | {row.figure} | {row.note} |" for row in rows),
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()

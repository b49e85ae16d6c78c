"""What runs have measured: kept in one file beside the page, so that runs of several sizes make one chart."""

from pathlib import Path

import msgspec

DOCS = Path(__file__).parents[2] / "docs"
KEPT = DOCS / "images" / "search-at-scale.json"


class Figure(msgspec.Struct, frozen=True):
    """How long a kind of search took, in milliseconds.

    asked: how many searches; different: how many of them were. hits: of the median first page. refused:
    answers beyond 2xx. cpu: of server, projectors and database, milliseconds a search. before: half of the
    same searches were answered within, on page EARLY or before the resources were updated; 0 where there is
    nothing to hold it against. cpu_before: the same of cpu.
    """

    name: str
    p50: float
    p99: float
    asked: int
    different: int
    hits: int
    refused: int
    cpu: float
    before: float = 0.0
    cpu_before: float = 0.0

    def against(self, former: "Figure") -> "Figure":
        """The same, held against a figure of the same searches before."""
        return msgspec.structs.replace(self, before=former.p50, cpu_before=former.cpu)

    @property
    def ratio(self) -> float:
        """To what it was before; 0 where it was nothing."""
        return self.p50 / self.before if self.before else 0.0

    @property
    def cpu_ratio(self) -> float:
        """The same of CPU, which tells less of what else the machine did."""
        return self.cpu / self.cpu_before if self.cpu_before else 0.0


class Import(msgspec.Struct, frozen=True):
    """rate: resources a second. cpu: microseconds a resource. floor_rate, floor_cpu: of the raw floor."""

    rate: float
    cpu: float
    floor_rate: float
    floor_cpu: float
    refused: int


class Run(msgspec.Struct, frozen=True):
    """One run. size: resources that were asked for; resources: that there were. sizes: bytes of each table
    with its indexes. updated: figures after some resources, or all, were updated ten times."""

    command: str
    day: str
    machine: str
    size: int
    resources: int
    imported: Import
    sizes: dict[str, int]
    figures: list[Figure]
    updated: list[Figure]
    updated_resources: int = 0


class Runs(msgspec.Struct):
    """The newest run of every size, and the newest in which all resources were updated."""

    by_size: dict[int, Run] = {}
    all_updated: Run | None = None


def kept(path: Path = KEPT) -> Runs:
    """What former runs have left."""
    return msgspec.json.decode(path.read_bytes(), type=Runs) if path.exists() else Runs()


def keep(run: Run, path: Path = KEPT) -> Runs:
    """Leaves a run for the page and the chart."""
    runs = kept(path)
    if run.updated_resources == run.resources:
        runs.all_updated = run
    else:
        runs.by_size[run.size] = run
    path.write_bytes(msgspec.json.format(msgspec.json.encode(runs), indent=1) + b"\n")
    return runs

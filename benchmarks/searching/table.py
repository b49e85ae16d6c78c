"""The figures as they are read: lines on a screen, and a table in docs/performance.md."""

from collections.abc import Iterator, Mapping
from math import log

from benchmarks.page import put
from benchmarks.searching.figures import Figure, Run, Runs
from benchmarks.searching.searches import EARLY, LATE, SEARCHES, WALKS
from benchmarks.searching.updating import TIMES

MARK = "searched"
USUAL = 1_000_000
"""Resources of the run that the table is of, or of the one that comes nearest."""

UPDATED = (1.5, 1.1)
RATE, SHARE, BYTES = (4000, 10_000), (0.30, 0.50), (6000, 3500)
"""(must, aim): times; resources a second, share of the floor's rate, bytes a resource."""


def plain(figure: Figure) -> str:
    """One line for a screen."""
    against = f"{figure.ratio:6.2f} ×" if figure.before else ""
    trouble = f"  {figure.refused} refused" if figure.refused else ""
    return (
        f"{figure.name:44}{figure.p50:9.2f} ms p50{figure.p99:9.2f} p99{figure.cpu:8.2f} cpu  "
        f"{figure.asked:4} asked, {figure.different:3} different, {figure.hits:4} hits{against}{trouble}"
    )


def write(runs: Runs) -> None:
    """Puts the run of USUAL resources, or the one that comes nearest, into the page."""
    sizes = sorted(runs.by_size, key=lambda size: abs(log(size / USUAL)))
    shown = runs.by_size[sizes[0]] if sizes else runs.all_updated
    if shown:
        put(MARK, "\n".join(lines(shown, runs.all_updated)))


def lines(run: Run, all_updated: Run | None = None) -> Iterator[str]:
    """The tables of a run. all_updated: the run whose ratios are told beside."""
    yield f"`{run.command}`, {run.day}, {run.machine}, {run.resources:,} resources:"
    yield ""
    yield from _of_import(run)
    yield ""
    yield from _of_searches(run, all_updated)
    yield ""
    yield from _of_walks(run)
    yield ""
    yield "Bytes a resource, indexes included: " + ", ".join(_parts(run)) + "."
    yield from _about_updates(run, all_updated)


def _of_import(run: Run) -> Iterator[str]:
    one, size = run.imported, sum(run.sizes.values()) / run.resources
    share, note = one.rate / one.floor_rate, f"{one.cpu:.0f} µs CPU a resource, {one.refused} refused"
    floor = f"{one.floor_rate:,.0f} resources/s, {one.floor_cpu:.0f} µs CPU a resource"
    yield "| | must | aim | figure | | |"
    yield "|---|---|---|---|---|---|"
    yield _row("import", RATE, f"{one.rate:,.0f} resources/s", _verdict(one.rate, RATE, more=True), note)
    yield _row("share of the raw floor", SHARE, f"{share:.0%}", _verdict(share, SHARE, more=True), floor)
    yield _row("store and views, bytes a resource", BYTES, f"{size:,.0f}", _verdict(size, BYTES), "")


def _row(name: str, wanted: tuple[float, float], figure: str, verdict: str, note: str) -> str:
    must, aim = (f"{one:.0%}" if one < 1 else f"{one:,.0f}" for one in wanted)
    return f"| {name} | {must} | {aim} | {figure} | {verdict} | {note} |"


def _of_searches(run: Run, all_updated: Run | None) -> Iterator[str]:
    some, every = _by_name(run), _by_name(all_updated)
    yield "| first page, ms | must | aim | p50 | p99 | | CPU | hits | values | some updated | all updated |"
    yield "|---|---|---|---|---|---|---|---|---|---|---|"
    for one in _of(run, SEARCHES):
        must, aim = SEARCHES[one.name].must, SEARCHES[one.name].aim
        verdict = _verdict(one.p50, (must, aim)) if must and aim else ""
        yield (
            f"| {one.name} | {must or ''} | {aim or ''} | {one.p50:.1f} | {one.p99:.1f} | {verdict} "
            f"| {one.cpu:.1f} | {one.hits} | {one.different} | {_times(some, one)} | {_times(every, one)} |"
        )


def _of_walks(run: Run) -> Iterator[str]:
    yield f"| page {LATE} against {EARLY} | must | aim | times | | page {EARLY}, ms | page {LATE}, ms | |"
    yield "|---|---|---|---|---|---|---|---|"
    for one in _of(run, WALKS):
        verdict = _verdict(one.ratio, UPDATED) if one.asked else "not measured"
        yield (
            f"| {one.name} | {UPDATED[0]} | {UPDATED[1]} | {one.ratio:.2f} | {verdict} "
            f"| {one.before:.1f} | {one.p50:.1f} | {one.asked} walks |"
        )


def _about_updates(run: Run, all_updated: Run | None) -> Iterator[str]:
    yield f"Some updated: {run.updated_resources:,} of {run.resources:,} resources, {TIMES} times each."
    if all_updated:
        yield f"All updated: {all_updated.resources:,} resources, `{all_updated.command}`, {all_updated.day}."
    yield f"Of ratios, {UPDATED[0]} is the most that must be, {UPDATED[1]} what is aimed at."


def _of(run: Run, searches: Mapping[str, object]) -> list[Figure]:
    return [one for one in run.figures if one.name in searches]


def _by_name(run: Run | None) -> dict[str, Figure]:
    return {one.name: one for one in run.updated} if run else {}


def _times(updated: dict[str, Figure], figure: Figure) -> str:
    after = updated.get(figure.name)
    if after is None:
        return ""
    text = f"{after.ratio:.2f} ×"
    return f"{f'**{text}**' if after.ratio > UPDATED[0] else text}, CPU {after.cpu_ratio:.2f}"


def _verdict(figure: float, wanted: tuple[float, float], *, more: bool = False) -> str:
    """more: whether more is better."""
    must, aim = ((figure >= one) if more else (figure <= one) for one in wanted)
    if aim:
        return "aim met"
    return "met" if must else "**missed**"


def _parts(run: Run) -> Iterator[str]:
    for name, size in run.sizes.items():
        each = size / run.resources
        if each >= 1:
            yield f"{name} {each:,.0f}"

"""``python -m benchmarks.matching VERB [--people N] [--seed N] [--write]``.

estimate: m and u of every level, from ``fitting_people``, beside what EM finds without the truth.
``--write``: also the data file, ``ehr/matching/weights.json``.
evaluate: links, proposals and what is missed, of ``judging_people``. ``--typed``, ``--absent``: shares of
registrations in which the number is typed, or there is no identity card.
shares: the same for other shares. cards: the same where somebody else's card is scanned now and then
(``--cards``). blocking: how well keys find. speed: how long a comparison takes.

``--write``: what is printed into docs/matching.md.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

from benchmarks.matching import fitting_people, judging_people
from benchmarks.matching.estimating import BELIEVED, by_expectation, estimate, write
from benchmarks.matching.evaluating import ALL, blocked, evaluate
from benchmarks.matching.judging_damage import FILLED_IN, MIXED_UP
from benchmarks.matching.timing import timed
from benchmarks.page import put
from ehr.matching.weights import LEVELS, Weights, load_weights

PAGE = Path(__file__).parents[2] / "docs" / "matching.md"
TYPED, ABSENT = 0.01, 0.007
"""Shares of registrations where cards are scanned as a rule."""

SHARES = ((0.0, 0.0), (0.005, 0.003), (TYPED, ABSENT), (0.03, 0.02), (0.1, 0.03), (0.3, 0.05))

HEAD = (
    "| | registrations | links | wrong | precision | people joined | of them mixed | pairs of one person "
    "| linked | with proposals | proposals per 100 | of them wrong |\n"
    "|---|---|---|---|---|---|---|---|---|---|---|---|"
)


def main() -> None:
    """Does what it is told, prints, and writes when asked to."""
    given = _arguments()
    lines = []
    for line in VERBS[given.verb](given):
        print(line, flush=True)
        lines.append(line)
    if given.write:
        put(given.verb, "\n".join(lines), PAGE)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="How well people are matched.")
    parser.add_argument("verb", choices=VERBS)
    parser.add_argument("--people", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--typed", type=float, default=TYPED, help="share of registrations with a typed number"
    )
    parser.add_argument("--absent", type=float, default=ABSENT, help="share without an identity card")
    parser.add_argument(
        "--cards", type=float, default=0.01, help="share with somebody else's card, where there is one"
    )
    parser.add_argument("--strangers", type=int, default=300_000, help="random pairs by which u is estimated")
    parser.add_argument(
        "--write", action="store_true", help="the data file, or the table of docs/matching.md"
    )
    return parser.parse_args()


def _command(given: argparse.Namespace, *options: str) -> str:
    said = "".join(f" --{option} {getattr(given, option)}" for option in ("people", "seed", *options))
    return f"`python -m benchmarks.matching {given.verb}{said}`"


def _estimate(given: argparse.Namespace) -> Iterator[str]:
    said = list(fitting_people.registrations(given.seed, given.people))
    stated = estimate(said, given.strangers, _command(given, "strangers").strip("`"))
    if given.write:
        write(stated)
    share, without_truth = by_expectation(said)
    yield (
        f"{_command(given, 'strangers')}: {len(said):,} registrations. EM takes {share:.1%} of the "
        "pairs that share a key for one person's."
    )
    yield ""
    yield "| field | level | m | m by EM | u | bits |\n|---|---|---|---|---|---|"
    for field, levels in LEVELS.items():
        for level in levels:
            one, bits = stated.fields[field][level], Weights(stated).bits[field][level]
            by_em = f"{without_truth[field][level]:.3g}" if field not in BELIEVED else "–"
            yield f"| {field} | {level} | {one.m:.3g} | {by_em} | {one.u:.3g} | {bits:.1f} |"


def _evaluate(given: argparse.Namespace) -> Iterator[str]:
    said = judging_people.registrations(given.seed, given.people, given.typed, given.absent)
    yield f"{_command(given, 'typed', 'absent')}, weights {load_weights().version}:"
    yield ""
    yield HEAD
    for group, figures in evaluate(said).items():
        if figures.registrations:
            yield f"| {group} | {figures.row} |"


def _cards(given: argparse.Namespace) -> Iterator[str]:
    said = judging_people.registrations(given.seed, given.people, given.typed, given.absent, given.cards)
    yield f"{_command(given, 'cards')}, weights {load_weights().version}:"
    yield ""
    yield HEAD
    figures = evaluate(said)
    for group in (ALL, MIXED_UP, FILLED_IN):
        yield f"| {group} | {figures[group].row} |"


def _shares(given: argparse.Namespace) -> Iterator[str]:
    yield f"{_command(given)}:"
    yield ""
    yield "| typed | without card | precision | linked | with proposals | proposals per 100 | of them wrong |"
    yield "|---|---|---|---|---|---|---|"
    for typed, absent in SHARES:
        said = judging_people.registrations(given.seed, given.people, typed, absent)
        figures = evaluate(said)[ALL]
        cells = (figures.precision, figures.linked, figures.found, figures.asked, figures.asked_wrong)
        yield f"| {typed:.1%} | {absent:.1%} | {' | '.join(cells)} |"


def _blocking(given: argparse.Namespace) -> Iterator[str]:
    found = blocked(judging_people.registrations(given.seed, given.people, given.typed, given.absent))
    yield (
        f"{_command(given)}: {found.registrations:,} registrations, {found.keys:.1f} keys each. Of the "
        f"pairs of one person {found.recall:.4f} share a key; a registration has {found.mean:.1f} candidates "
        f"on average, {found.most} at most."
    )


def _speed(given: argparse.Namespace) -> Iterator[str]:
    said = judging_people.registrations(given.seed, given.people, given.typed, given.absent)
    yield f"{_command(given)}, on a shared core:"
    yield ""
    yield "| | median, µs | 99 of 100, µs |\n|---|---|---|"
    for part, (middle, high) in timed(said, 20_000).items():
        yield f"| {part} | {middle:.1f} | {high:.1f} |"


VERBS = {
    "estimate": _estimate,
    "evaluate": _evaluate,
    "shares": _shares,
    "cards": _cards,
    "blocking": _blocking,
    "speed": _speed,
}


if __name__ == "__main__":
    main()

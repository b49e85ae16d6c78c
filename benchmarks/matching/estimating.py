"""m and u of every level, from people whose truth is known, and by EM from the same people without it.

m: levels of all pairs of one person. u: levels of random pairs of strangers. EM: A. P. Dempster, N. M. Laird,
D. B. Rubin, JRSS B 39 (1977), over pairs that share a key, with fields independent of each other; it is a
check only, since its strangers are those who share a key.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from math import log2
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt

from benchmarks.matching.matching import candidates, prepared
from benchmarks.matching.registrations import Registration
from ehr.matching.frequencies import average
from ehr.matching.judging import weighed
from ehr.matching.person import Person
from ehr.matching.weights import FILE, LEVELS, SAME, SHARED, Level, Stated, Weights
from simulation.chance import chance_of

CITIZENS = 1_000_000
"""The registered among whom one is looked for: even odds need as many bits as that has."""

EVEN = round(log2(CITIZENS), 1)
PROBABLE = round(EVEN + log2(100), 1)
POSSIBLE = round(EVEN - log2(100), 1)

BELIEVED: dict[str, dict[str, Level]] = {
    "passport_number": {"same": Level(0.97, 1e-6), "different": Level(0.03, 1.0)},
    "birth_paper": {"same": Level(0.97, 1e-6), "different": Level(0.03, 1.0)},
    "temporary_id": {"same": Level(0.5, 1e-6), "different": Level(0.5, 1.0)},
}
"""Of fields that the people do not have: beliefs. Facilities give newborns temporary numbers of their own."""

Levels = dict[str, str]
Shares = dict[str, dict[str, float]]


def estimate(said: Sequence[Registration], strangers: int, source: str) -> Stated:
    """strangers: random pairs that are compared."""
    people = prepared(said)
    m = _shares(_levels(people, _own_pairs(said)))
    u = _shares(_levels(people, _strange_pairs(said, strangers)))
    fields = {
        field: {level: Level(_rounded(m[field][level]), _rounded(u[field][level])) for level in levels}
        for field, levels in LEVELS.items()
    } | BELIEVED
    names = [one.names[0] for one in people if one.names]
    surname = _met_again(Counter(name.surname for name in names))
    given = _met_again(Counter(name.given for name in names))
    return Stated(source, EVEN, PROBABLE, POSSIBLE, surname, given, fields)


def write(stated: Stated, file: Path = FILE) -> None:
    """The data file."""
    file.write_bytes(msgspec.json.format(msgspec.json.encode(stated), indent=1) + b"\n")


def by_expectation(said: Sequence[Registration], rounds: int = 30) -> tuple[float, Shares]:
    """Without looking at the truth: the share of one person's pairs among those that share a key, and m."""
    people = prepared(said)
    pairs = ((index, other) for index, others in candidates(people) for other in others)
    patterns = Counter(tuple(sorted(levels.items())) for levels in _levels(people, pairs))
    table = [dict(pattern) for pattern in patterns]
    weights = np.array(list(patterns.values()), dtype=float)
    return _maximised(table, weights, rounds)


def _maximised(table: list[Levels], counts: npt.NDArray[np.float64], rounds: int) -> tuple[float, Shares]:
    """Starts from the belief that one person's pairs agree, and strangers' do not."""
    codes = {
        field: np.array([levels.index(row[field]) if field in row else -1 for row in table])
        for field, levels in LEVELS.items()
    }
    m = {field: np.array([0.9, *[0.1] * (len(levels) - 1)]) for field, levels in LEVELS.items()}
    u = {field: np.array([*[0.1] * (len(levels) - 1), 0.9]) for field, levels in LEVELS.items()}
    share = 0.5
    for _ in range(rounds):
        alike, unlike = (_likelihood(codes, tables, len(table)) for tables in (m, u))
        expected = share * alike / (share * alike + (1 - share) * unlike)
        share = float((counts * expected).sum() / counts.sum())
        m, u = (
            {field: _refitted(code, counts * part, len(LEVELS[field])) for field, code in codes.items()}
            for part in (expected, 1 - expected)
        )
    return share, {field: dict(zip(LEVELS[field], map(float, m[field]), strict=True)) for field in LEVELS}


def _likelihood(
    codes: Mapping[str, npt.NDArray[np.int64]], tables: Mapping[str, npt.NDArray[np.float64]], rows: int
) -> npt.NDArray[np.float64]:
    product = np.ones(rows)
    for field, code in codes.items():
        product *= np.where(code >= 0, tables[field][code], 1.0)
    return product


def _refitted(
    code: npt.NDArray[np.int64], expected: npt.NDArray[np.float64], levels: int
) -> npt.NDArray[np.float64]:
    sums = np.bincount(code[code >= 0], weights=expected[code >= 0], minlength=levels) + 0.01
    share: npt.NDArray[np.float64] = sums / sums.sum()
    return share


def _levels(people: Sequence[Person], pairs: Iterator[tuple[int, int]]) -> Iterator[Levels]:
    weights, frequencies = _weightless(), average(1.0, 1.0)
    for one, other in pairs:
        yield {
            e.field: SAME if e.level in SHARED else e.level
            for e in weighed(people[one], people[other], frequencies, weights)
        }


def _weightless() -> Weights:
    """Better levels weigh a little more, so that of several names the best pair is taken."""
    fields = {
        field: {level: Level(1.0, 1.0 + rank) for rank, level in enumerate(levels)}
        for field, levels in LEVELS.items()
    }
    return Weights(Stated("", 0.0, 0.0, 0.0, 1.0, 1.0, fields))


def _own_pairs(said: Sequence[Registration]) -> Iterator[tuple[int, int]]:
    of_person: dict[int, list[int]] = defaultdict(list)
    for index, registration in enumerate(said):
        of_person[registration.person].append(index)
    return (pair for indices in of_person.values() for pair in combinations(indices, 2))


def _strange_pairs(said: Sequence[Registration], number: int) -> Iterator[tuple[int, int]]:
    chance = chance_of(number, "strangers")
    for _ in range(number):
        one, other = chance.randrange(len(said)), chance.randrange(len(said))
        if said[one].person != said[other].person:
            yield one, other


def _shares(all_levels: Iterator[Levels]) -> Shares:
    """Half a pair more of each level, so that none is impossible."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for levels in all_levels:
        for field, level in levels.items():
            counts[field][level] += 1
    return {
        field: {
            level: (counts[field][level] + 0.5) / (counts[field].total() + 0.5 * len(levels))
            for level in levels
        }
        for field, levels in LEVELS.items()
    }


def _met_again(words: Counter[str]) -> float:
    """The chance that two strangers share a word."""
    whole = words.total()
    return _rounded(sum((number / whole) ** 2 for number in words.values()))


def _rounded(share: float) -> float:
    return float(f"{share:.3g}")

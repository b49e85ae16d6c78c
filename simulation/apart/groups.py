"""Who is hard to tell apart or to find again, and how it went with them: what is asked most, and of whom."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Set
from dataclasses import dataclass
from itertools import combinations
from typing import Final

from simulation.apart.ledger import Ledger
from simulation.apart.proof import Asked
from simulation.citizens import Citizen
from simulation.province import Province
from simulation.registering.families import HO_COMMUNES, Family
from simulation.shapes.elements import Json
from simulation.systems import NATIONAL_ID

EVERYBODY: Final = "all"
HO: Final = "Hồ communes"
NO_GROUP: Final = "of none, or of Hồ communes alone"

_NO_FAMILY: Final = Family()


def _scanned(patient: Json) -> list[str]:
    """Personal numbers that nobody has typed."""
    return [
        one["value"] for one in patient["identifier"] if one["system"] == NATIONAL_ID and "extension" in one
    ]


def _is_unscanned(citizen: Citizen, _: Family, patient: Json) -> bool:
    return citizen.national_number is not None and not _scanned(patient)


def _is_anothers(citizen: Citizen, family: Family, patient: Json) -> bool:
    own = (citizen.national_number, family.named and family.named.national_number)
    return any(number not in own for number in _scanned(patient))


GROUPS: Final[Mapping[str, Callable[[Citizen, Family, Json], bool]]] = {
    HO: lambda citizen, *_: citizen.commune.code in HO_COMMUNES,
    "twins": lambda _, family, __: family.order is not None,
    "year alone": lambda *said: len(said[2].get("birthDate", "")) == len("1950"),
    "newborns, unidentified": lambda citizen, *_: citizen.temporary is not None,
    "without a personal number": lambda citizen, *_: not (citizen.national_number or citizen.temporary),
    "personal number not scanned": _is_unscanned,
    "mother's card scanned": _is_anothers,
}
"""By the truth, and by what a facility has registered. The same may be of several."""


@dataclass(frozen=True, slots=True)
class Figures:
    """Of the Patients of a group. pairs: of one citizen, of which one or both are of it, of NO_GROUP both;
    linked: of these, by themselves; found: once proposals were answered. proposals, wrong: as ``Asked``, by
    the pair that came first."""

    name: str
    registrations: int
    pairs: int
    linked: int
    found: int
    proposals: int
    wrong: int

    @property
    def row(self) -> str:
        """In one line."""
        per_100 = 100 * self.proposals / max(1, self.registrations)
        recall, found = (part / max(1, self.pairs) for part in (self.linked, self.found))
        return (
            f"| {self.name} | {self.registrations} | {self.pairs} | {recall:.4f} | {found:.4f} "
            f"| {self.proposals} | {per_100:.2f} | {self.wrong} |"
        )


HEAD: Final = (
    "| | registrations | pairs of one person | linked | with proposals "
    "| proposals | per 100 | about two people |",
    "|---|---|---|---|---|---|---|---|",
)


def groups_of(province: Province, ledger: Ledger) -> dict[str, set[str]]:
    """Ids of the Patients of each group, of all, and of none of those that matter."""
    groups: dict[str, set[str]] = {EVERYBODY: {id_ for id_, _ in ledger.patients}}
    for name, belongs in GROUPS.items():
        groups[name] = {
            id_ for id_, citizen in ledger.patients if belongs(*_of(province, citizen), ledger.said[id_])
        }
    hard = set[str]().union(*(ids for name, ids in groups.items() if name not in (EVERYBODY, HO)))
    return groups | {NO_GROUP: groups[EVERYBODY] - hard}


def _of(province: Province, citizen: str) -> tuple[Citizen, Family]:
    index = int(citizen)
    return province.citizens[index], province.families.get(index, _NO_FAMILY)


def figures(
    ledger: Ledger,
    groups: Mapping[str, set[str]],
    before: Mapping[str, str],
    after: Mapping[str, str],
    asked: Asked,
) -> Iterator[Figures]:
    """Of each group. before, after: for each Patient the first one of its person, as ``linked`` gives it."""
    pairs = [pair for found in ledger.registered.values() for pair in combinations(found.values(), 2)]
    for name, ids in groups.items():
        own = [(one, other) for one, other in pairs if _is_of(name, ids, {one, other})]
        proposed = [persons for persons, pair in asked.first.items() if _is_of(name, ids, pair)]
        yield Figures(
            name=name,
            registrations=len(ids),
            pairs=len(own),
            linked=sum(before[one] == before[other] for one, other in own),
            found=sum(after[one] == after[other] for one, other in own),
            proposals=len(proposed),
            wrong=sum(persons in asked.wrong for persons in proposed),
        )


def _is_of(name: str, ids: set[str], pair: Set[str]) -> bool:
    """A pair of which one Patient alone is of no group is explained by the other one's."""
    return pair <= ids if name == NO_GROUP else bool(pair & ids)

"""Who cares for the province: commune stations, regional centres, two provincial hospitals, and their staff.

The places are real administrative units, the codes are invented: former province code + 9 + two characters
(no list of real facility codes of these places was found).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from simulation.chance import Chance, chance_of
from simulation.code_lists import Commune, communes, former_provinces
from simulation.names import Name, draw_name

FacilityKind = Literal["station", "centre", "hospital"]
StaffRole = Literal["doctor", "nurse", "midwife"]

CITIZENS_PER_COMMUNE = 20  # a small province uses part of its communes, so that each still has neighbours
COMMUNES_PER_CENTRE = 10
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_STAFF: dict[FacilityKind, tuple[StaffRole, ...]] = {
    "station": ("doctor", "nurse", "midwife"),
    "centre": ("doctor", "doctor", "doctor", "nurse", "midwife"),
    "hospital": ("doctor", "doctor", "doctor", "doctor", "doctor", "nurse", "nurse", "midwife"),
}


@dataclass(frozen=True, slots=True, eq=False)
class StaffMember:
    """Someone who works at a facility, with invented licence and employee numbers."""

    name: Name
    female: bool
    role: StaffRole
    licence: str
    employee_number: str


@dataclass(frozen=True, slots=True, eq=False)
class Facility:
    """A place of care. `point` is a station's second place in a commune that was joined to another."""

    code: str
    kind: FacilityKind
    name: str
    commune: Commune
    staff: tuple[StaffMember, ...]
    point: bool

    @property
    def doctors(self) -> tuple[StaffMember, ...]:
        """Those of the staff who see patients."""
        return tuple(member for member in self.staff if member.role == "doctor")

    @property
    def midwives(self) -> tuple[StaffMember, ...]:
        """Those of the staff who care for mothers and children."""
        return tuple(member for member in self.staff if member.role == "midwife")

    def device(self, number: int) -> str:
        """The name of one of the facility's two devices."""
        return f"{self.code}-{number % 2 + 1:02d}"


class Network:
    """The facilities of a province and who turns to which.

    A facility has the same code, name and staff in every simulation, however many communes take part.
    """

    def __init__(self, province: str, citizens: int, chosen: tuple[Commune, ...] = ()) -> None:
        """chosen: the communes that take part, in the order of the list; else as many as citizens fill."""
        everywhere = communes(province)
        self.communes = chosen or _chosen(everywhere, citizens)
        self.stations = {c.code: _station(c, everywhere.index(c)) for c in self.communes}
        around = [self.stations[c.code] for c in (*self.communes[1:], self.communes[0])]
        self._neighbour_of = dict(zip(self.stations, around, strict=True))
        self._centre_of = _centres(everywhere, self.communes)
        self.centres = tuple(dict.fromkeys(self._centre_of.values()))
        self.hospitals = _hospitals(province, everywhere)
        half = len(everywhere) / 2
        self._hospital_of = {c.code: self.hospitals[everywhere.index(c) >= half] for c in self.communes}

    @property
    def facilities(self) -> tuple[Facility, ...]:
        """All of them, hospitals first."""
        return (*self.hospitals, *self.centres, *self.stations.values())

    def station_of(self, commune: Commune) -> Facility:
        """The station of the commune."""
        return self.stations[commune.code]

    def centre_of(self, commune: Commune) -> Facility:
        """The regional centre to which the commune's station refers."""
        return self._centre_of[commune.code]

    def hospital_of(self, commune: Commune) -> Facility:
        """The provincial hospital to which the commune's people are referred."""
        return self._hospital_of[commune.code]

    def neighbour_of(self, commune: Commune) -> Facility:
        """The station of a commune nearby."""
        return self._neighbour_of[commune.code]


def _chosen(everywhere: tuple[Commune, ...], citizens: int) -> tuple[Commune, ...]:
    """As many communes as the citizens can fill, spread evenly over the province."""
    wanted = min(len(everywhere), max(4, citizens // CITIZENS_PER_COMMUNE))
    return tuple(everywhere[place * len(everywhere) // wanted] for place in range(wanted))


def _station(commune: Commune, place: int) -> Facility:
    kind, _, name = commune.name.partition(" ")
    words = commune.name.lower()[:7] + commune.name[7:] if kind == "Đặc" else f"{kind.lower()} {name}"
    number = place + 1
    suffix = f"{number:02d}" if number < 100 else _letters(number - 100 + 10 * len(_DIGITS))
    return _facility("station", f"Trạm Y tế {words}", commune, suffix, point=place % 5 in (1, 3))


def _letters(number: int) -> str:
    return _DIGITS[number // len(_DIGITS)] + _DIGITS[number % len(_DIGITS)]


def _centres(everywhere: tuple[Commune, ...], chosen: tuple[Commune, ...]) -> dict[str, Facility]:
    centres: dict[int, Facility] = {}
    regions = {commune.code: everywhere.index(commune) // COMMUNES_PER_CENTRE for commune in chosen}
    for region in regions.values():
        seat = everywhere[region * COMMUNES_PER_CENTRE]
        name = f"Trung tâm Y tế khu vực {seat.name.partition(' ')[2]}"
        centres.setdefault(region, _facility("centre", name, seat, f"T{_DIGITS[region]}"))
    return {code: centres[region] for code, region in regions.items()}


def _hospitals(province: str, everywhere: tuple[Commune, ...]) -> tuple[Facility, Facility]:
    former = [_bare(name) for name in former_provinces(province).values()]
    first = f"Bệnh viện Đa khoa {former[0]}"
    second = f"Bệnh viện Đa khoa {former[1]}" if len(former) > 1 else f"Bệnh viện Sản - Nhi {former[0]}"
    half = len(everywhere) // 2
    return (
        _facility("hospital", first, _seat(everywhere[:half]), "V1"),
        _facility("hospital", second, _seat(everywhere[half:]), "V2"),
    )


def _seat(part: tuple[Commune, ...]) -> Commune:
    return next((commune for commune in part if commune.urban), part[0])


def _facility(kind: FacilityKind, name: str, commune: Commune, suffix: str, point: bool = False) -> Facility:
    code = f"{commune.former[0]}9{suffix}"
    chance = chance_of(0, "staff", code)
    staff = tuple(_member(chance, code, role, number) for number, role in enumerate(_STAFF[kind], start=1))
    return Facility(code, kind, name, commune, staff, point)


def _member(chance: Chance, code: str, role: StaffRole, number: int) -> StaffMember:
    female = role == "midwife" or chance.happens(0.5)
    name = draw_name(chance, "01", female)
    return StaffMember(name, female, role, f"MP-{code}-{number:03d}/CCHN", f"{code}-NV{number:02d}")


def _bare(name: str) -> str:
    return name.removeprefix("Tỉnh ").removeprefix("Thành phố ")


def staff_on_duty(chance: Chance, facility: Facility, midwife: bool = False) -> StaffMember:
    """Who sees the next patient."""
    return chance.pick(facility.midwives if midwife else facility.doctors)

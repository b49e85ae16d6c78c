"""Who cares for the province: commune stations, regional centres, two provincial hospitals, and their staff.

The places are real administrative units, the codes are invented: former province code + 9 + two characters
(no list of real facility codes of these places was found).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from simulation.chance import Chance, chance_of
from simulation.code_lists import Commune, communes, former_provinces, province_names
from simulation.names import Name, draw_name

FacilityKind = Literal["station", "centre", "hospital"]
StaffRole = Literal["doctor", "nurse", "midwife"]

CITIZENS_PER_COMMUNE = 20  # a small province uses part of its communes, so that each still has neighbours
COMMUNES_PER_CENTRE = 10
_CODE_LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
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
    """The facilities of a province and who turns to which."""

    def __init__(self, seed: int, province: str, citizens: int) -> None:
        self._chance = chance_of(seed, "facilities", province)
        self._codes: dict[str, int] = {}
        self.communes = _chosen(communes(province), citizens)
        self.stations = {commune.code: self._station(commune) for commune in self.communes}
        around = [self.stations[c.code] for c in (*self.communes[1:], self.communes[0])]
        self._neighbour_of = dict(zip(self.stations, around, strict=True))
        self._centre_of: dict[str, Facility] = {}
        self.centres = self._centres()
        self.hospitals = self._hospitals(province)
        self._hospital_of = self._nearest_hospitals()

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

    def _station(self, commune: Commune) -> Facility:
        kind, _, name = commune.name.partition(" ")
        words = name if commune.name.startswith("Đặc khu") else f"{kind.lower()} {name}"
        return self._facility("station", f"Trạm Y tế {words}", commune, point=self._chance.happens(0.4))

    def _centres(self) -> tuple[Facility, ...]:
        centres = []
        for start in range(0, len(self.communes), COMMUNES_PER_CENTRE):
            region = self.communes[start : start + COMMUNES_PER_CENTRE]
            name = region[0].name.removeprefix("Phường ").removeprefix("Xã ")
            centre = self._facility("centre", f"Trung tâm Y tế khu vực {name}", region[0])
            self._centre_of.update({commune.code: centre for commune in region})
            centres.append(centre)
        return tuple(centres)

    def _hospitals(self, province: str) -> tuple[Facility, Facility]:
        former = list(former_provinces(province).values())
        name = _bare(province_names()[province])
        first = f"Bệnh viện Đa khoa {_bare(former[0])}"
        second = f"Bệnh viện Đa khoa {_bare(former[1])}" if len(former) > 1 else f"Bệnh viện Sản - Nhi {name}"
        seats = [self._seat(0), self._seat(-1)]
        return self._facility("hospital", first, seats[0]), self._facility("hospital", second, seats[1])

    def _seat(self, end: int) -> Commune:
        half = len(self.communes) // 2 or 1
        part = self.communes[:half] if end == 0 else self.communes[-half:]
        return next((commune for commune in part if commune.urban), part[0])

    def _nearest_hospitals(self) -> dict[str, Facility]:
        half = len(self.communes) / 2
        return {c.code: self.hospitals[place >= half] for place, c in enumerate(self.communes)}

    def _facility(self, kind: FacilityKind, name: str, commune: Commune, point: bool = False) -> Facility:
        code = self._next_code(commune.former[0])
        staff = tuple(self._member(code, role, number) for number, role in enumerate(_STAFF[kind], start=1))
        return Facility(code, kind, name, commune, staff, point)

    def _next_code(self, former: str) -> str:
        number = self._codes[former] = self._codes.get(former, 0) + 1
        if number < 100:
            return f"{former}9{number:02d}"
        letter, digit = divmod(number - 100, len(_CODE_LETTERS))
        return f"{former}9{_CODE_LETTERS[10 + letter]}{_CODE_LETTERS[digit]}"

    def _member(self, code: str, role: StaffRole, number: int) -> StaffMember:
        female = role == "midwife" or self._chance.happens(0.5)
        name = draw_name(self._chance, "01", female)
        return StaffMember(name, female, role, f"MP-{code}-{number:03d}/CCHN", f"{code}-NV{number:02d}")


def _bare(name: str) -> str:
    return name.removeprefix("Tỉnh ").removeprefix("Thành phố ")


def _chosen(everywhere: tuple[Commune, ...], citizens: int) -> tuple[Commune, ...]:
    """As many communes as the citizens can fill, spread evenly over the province."""
    wanted = min(len(everywhere), max(4, citizens // CITIZENS_PER_COMMUNE))
    return tuple(everywhere[place * len(everywhere) // wanted] for place in range(wanted))


def staff_on_duty(chance: Chance, facility: Facility, midwife: bool = False) -> StaffMember:
    """Who sees the next patient."""
    return chance.pick(facility.midwives if midwife else facility.doctors)

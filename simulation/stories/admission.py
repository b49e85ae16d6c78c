"""Referral up and back: the station sends to the provincial hospital, the hospital sends back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Final

from simulation.body import vital_signs
from simulation.chance import Chance, Weighted
from simulation.clock import clinic_time
from simulation.code_lists import Dosage
from simulation.laboratory import POSITIVE, Known, around, report
from simulation.life import Life
from simulation.visits import Discharge, Finding, Problem, Referral, Report, Visit

_A_YEAR: Final = {15: 0.10, 60: 0.07, 150: 0.2}


@dataclass(frozen=True, slots=True)
class Illness:
    """An illness that a station does not treat. `panel` with its `typical` values is what the blood shows.

    What is `lasting` stays on the problem list, and its treatment goes on at the station.
    """

    complaint: str
    image: Report | None
    course: str
    treatment: tuple[Dosage, ...]
    panel: str = "inflammation"
    typical: Known = field(default_factory=dict)
    feverish: bool = False
    breathless: bool = False
    lasting: bool = False


_CHEST = Report("chest_xray", (), "Đám mờ không đều thùy dưới phổi phải")
_HEART = Report("chest_xray", (), "Bóng tim to, ứ huyết hai phổi")
ILLNESSES: Final = {
    "J18.9": Illness(
        "Sốt cao, ho, khó thở tăng dần 3 ngày",
        _CHEST,
        "Viêm phổi, đáp ứng kháng sinh, hết sốt sau 3 ngày",
        (Dosage("cefuroxim", 1, 2, 5, "sau ăn"), Dosage("ambroxol", 1, 2, 5, "sau ăn")),
        typical={"wbc": 14.0, "crp": 62.0},
        feverish=True,
        breathless=True,
    ),
    "J44.9": Illness(
        "Khó thở tăng, khạc đờm đục",
        Report("chest_xray", (), "Hai phổi tăng sáng, vòm hoành dẹt"),
        "Đợt cấp, thở oxy và khí dung, ổn định dần",
        (Dosage("salbutamol", 2, 3, 30, "khi khó thở"), Dosage("methylprednisolon", 1, 1, 5, "sau ăn sáng")),
        typical={"wbc": 10.5, "crp": 18.0},
        breathless=True,
        lasting=True,
    ),
    "I50.9": Illness(
        "Khó thở khi nằm, phù hai chân",
        _HEART,
        "Suy tim, đáp ứng lợi tiểu, giảm phù, đỡ khó thở",
        (Dosage("furosemid", 1, 1, 30, "buổi sáng"), Dosage("bisoprolol", 1, 1, 30, "buổi sáng")),
        panel="blood_count",
        breathless=True,
        lasting=True,
    ),
    "I25.9": Illness(
        "Đau ngực khi gắng sức",
        Report("ecg", (), "Nhịp xoang, ST chênh xuống nhẹ ở V4-V6"),
        "Điều trị nội khoa, hết đau ngực",
        (Dosage("aspirin", 1, 1, 30, "sau ăn"), Dosage("atorvastatin", 1, 1, 30, "buổi tối")),
        panel="blood_count",
        lasting=True,
    ),
    "A97.0": Illness(
        "Sốt cao ngày thứ 4, đau bụng, tiểu cầu giảm",
        None,
        "Sốt xuất huyết Dengue, bù dịch đường uống, tiểu cầu hồi phục",
        (Dosage("oresol", 1, 4, 3, "uống thay nước"),),
        panel="dengue",
        typical={"wbc": 3.0, "platelets": 72.0, "dengue_ns1": POSITIVE},
        feverish=True,
    ),
    "A09.9": Illness(
        "Tiêu chảy nhiều lần, mệt lả, có dấu hiệu mất nước",
        None,
        "Bù nước điện giải, hết tiêu chảy",
        (Dosage("oresol", 1, 3, 3, "sau mỗi lần đi ngoài"), Dosage("kem", 1, 1, 10, "sau ăn")),
        typical={"wbc": 11.5, "crp": 20.0},
        feverish=True,
    ),
}
_OF_THE_OLD: Final = Weighted({"J18.9": 3.0, "J44.9": 3.0, "I50.9": 2.0, "I25.9": 2.0, "A09.9": 1.0})
_OF_THE_YOUNG: Final = Weighted({"J18.9": 4.0, "A97.0": 3.0, "A09.9": 2.0})
_DAYS_BETWEEN: Final = 60  # a lasting illness may be prescribed for up to 90 (Circular 26/2025/TT-BYT)
_COMES: Final = 0.8
_IN_A_BED: Final = 0.006  # of the people: some of them are turned away by the weekend or an earlier stay
_STABLE: Final = "Đã ổn định, đề nghị trạm y tế theo dõi tiếp"


def visits(life: Life) -> Iterator[Visit]:
    """Station, hospital, station for each illness that is too much for a station."""
    chance = life.chance("admission")
    rate = next(rate for age, rate in _A_YEAR.items() if life.age < age)
    free_from = life.start
    days = [life.day(chance) for _ in range(chance.count(rate * life.years, most=3))]
    for day in sorted([*days, *_last_day(life)]):
        code = (_OF_THE_OLD if life.age >= 55 else _OF_THE_YOUNG).pick(chance)
        if day > free_from:
            free_from = day + timedelta(days=30)
            yield from _journey(life, chance, code, day)


def _last_day(life: Life) -> list[date]:
    """On whatever day the period ends, some are in a bed then."""
    chance = life.chance("in a bed")
    if not chance.happens(_IN_A_BED) or life.citizen.birth > life.until - timedelta(days=60):
        return []
    return [life.until - timedelta(days=chance.between(1, 4))]


def _journey(life: Life, chance: Chance, code: str, day: date) -> Iterator[Visit]:
    up = _sent_up(life, chance, code, day)
    stay = _stay(life, chance, code, up)
    yield up
    yield stay
    again = _followed_up(life, chance, code, stay)
    yield again
    if ILLNESSES[code].lasting:
        yield from _cared_for(life, chance, code, again.starts.date())


def _sent_up(life: Life, chance: Chance, code: str, day: date) -> Visit:
    starts = clinic_time(chance, day)
    return Visit(
        facility=life.station,
        starts=starts,
        minutes=chance.between(30, 60),
        kind="ambulatory",
        service="01",
        reason=ILLNESSES[code].complaint,
        diagnoses=(code,),
        findings=_findings(life, chance, ILLNESSES[code], starts.date()),
        referral=Referral(
            life.referral_number(life.station, starts.date()),
            life.hospital,
            ILLNESSES[code].complaint,
            urgent=True,
        ),
        prompt=True,
    )


def _stay(life: Life, chance: Chance, code: str, up: Visit) -> Visit:
    illness, starts = ILLNESSES[code], up.ends + timedelta(minutes=chance.between(90, 300))
    minutes = chance.between(3, 9) * 1440 + chance.between(-200, 200)
    left = (starts + timedelta(minutes=minutes)).date()
    return Visit(
        facility=life.hospital,
        starts=starts,
        minutes=minutes,
        kind="inpatient",
        service="03",
        reason=f"Chuyển đến từ {up.facility.name}: {illness.complaint}",
        diagnoses=(code,),
        problems=(Problem(code, starts.date()),) if illness.lasting else (),
        findings=_findings(life, chance, illness, starts.date()),
        reports=_reports(chance, illness),
        dosages=illness.treatment,
        referral=Referral(life.referral_number(life.hospital, left), life.station, _STABLE, back=True),
        answers=up.referral.number if up.referral else "",
        discharge=Discharge("home", illness.course, "Uống thuốc theo đơn, tái khám tại trạm y tế sau 1 tuần"),
        prompt=True,
    )


def _findings(life: Life, chance: Chance, illness: Illness, day: date) -> tuple[Finding, ...]:
    return vital_signs(life, chance, day, illness.feverish, illness.breathless)


def _reports(chance: Chance, illness: Illness) -> tuple[Report, ...]:
    blood = report(chance, illness.panel, around(chance, illness.typical))
    tests = (blood, report(chance, "chemistry"))
    return (*tests, illness.image) if illness.image else tests


def _followed_up(life: Life, chance: Chance, code: str, stay: Visit) -> Visit:
    starts = clinic_time(chance, stay.ends.date() + timedelta(days=chance.between(5, 9)))
    return Visit(
        facility=life.station,
        starts=starts,
        minutes=25,
        kind="ambulatory",
        service="01",
        reason=f"Tái khám sau khi ra viện {stay.facility.name}",
        diagnoses=(code,),
        findings=vital_signs(life, chance, starts.date()),
        dosages=_going_on(code),
        answers=stay.referral.number if stay.referral else "",
        prompt=True,
    )


def _cared_for(life: Life, chance: Chance, code: str, day: date) -> Iterator[Visit]:
    while (day := day + timedelta(days=_DAYS_BETWEEN + chance.between(-4, 4))) < life.until:
        if chance.happens(_COMES):
            starts = clinic_time(chance, day)
            yield Visit(
                facility=life.station,
                starts=starts,
                minutes=chance.between(20, 60),
                kind="ambulatory",
                service="05",
                reason="Khám và nhận thuốc định kỳ",
                diagnoses=(code,),
                findings=vital_signs(life, chance, starts.date()),
                dosages=_going_on(code),
            )


def _going_on(code: str) -> tuple[Dosage, ...]:
    """The medicines of a lasting illness that are taken for good."""
    illness = ILLNESSES[code]
    for_good = [dosage for dosage in illness.treatment if illness.lasting and dosage.days >= 30]
    return tuple(replace(dosage, days=_DAYS_BETWEEN) for dosage in for_good)

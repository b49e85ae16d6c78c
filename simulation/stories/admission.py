"""Referral up and back: the station sends to the provincial hospital, the hospital sends back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from simulation.chance import Chance, Weighted
from simulation.clock import clinic_time
from simulation.code_lists import Dosage
from simulation.laboratory import report
from simulation.life import Life, vital_signs
from simulation.visits import Discharge, Problem, Referral, Report, Visit

_A_YEAR: Final = {15: 0.10, 60: 0.07, 150: 0.2}


@dataclass(frozen=True, slots=True)
class Illness:
    """An illness that a station does not treat."""

    complaint: str
    image: Report | None
    course: str
    treatment: tuple[Dosage, ...]
    lasting: bool = False


_CHEST = Report("chest_xray", (), "Đám mờ không đều thuỳ dưới phổi phải")
_HEART = Report("chest_xray", (), "Bóng tim to, ứ huyết hai phổi")
ILLNESSES: Final = {
    "J18.9": Illness(
        "Sốt cao, ho, khó thở tăng dần 3 ngày",
        _CHEST,
        "Viêm phổi, đáp ứng kháng sinh, hết sốt sau 3 ngày",
        (Dosage("cefuroxim", 1, 2, 5, "sau ăn"), Dosage("ambroxol", 1, 2, 5, "sau ăn")),
    ),
    "J44.9": Illness(
        "Khó thở tăng, khạc đờm đục",
        Report("chest_xray", (), "Hai phổi tăng sáng, vòm hoành dẹt"),
        "Đợt cấp, thở oxy và khí dung, ổn định dần",
        (Dosage("salbutamol", 2, 3, 30, "khi khó thở"), Dosage("methylprednisolon", 1, 1, 5, "sau ăn sáng")),
        lasting=True,
    ),
    "I50.9": Illness(
        "Khó thở khi nằm, phù hai chân",
        _HEART,
        "Suy tim, đáp ứng lợi tiểu, giảm phù, đỡ khó thở",
        (Dosage("furosemid", 1, 1, 30, "buổi sáng"), Dosage("bisoprolol", 1, 1, 30, "buổi sáng")),
        lasting=True,
    ),
    "I25.9": Illness(
        "Đau ngực khi gắng sức",
        Report("ecg", (), "Nhịp xoang, ST chênh xuống nhẹ ở V4-V6"),
        "Điều trị nội khoa, hết đau ngực",
        (Dosage("aspirin", 1, 1, 30, "sau ăn"), Dosage("atorvastatin", 1, 1, 30, "buổi tối")),
        lasting=True,
    ),
    "A97.0": Illness(
        "Sốt cao ngày thứ 4, đau bụng, tiểu cầu giảm",
        None,
        "Sốt xuất huyết Dengue, bù dịch đường uống, tiểu cầu hồi phục",
        (Dosage("oresol", 1, 4, 3, "uống thay nước"),),
    ),
    "A09.9": Illness(
        "Tiêu chảy nhiều lần, mệt lả, có dấu hiệu mất nước",
        None,
        "Bù nước điện giải, hết tiêu chảy",
        (Dosage("oresol", 1, 3, 3, "sau mỗi lần đi ngoài"), Dosage("kem", 1, 1, 10, "sau ăn")),
    ),
}
_OF_THE_OLD: Final = Weighted({"J18.9": 3.0, "J44.9": 3.0, "I50.9": 2.0, "I25.9": 2.0, "A09.9": 1.0})
_OF_THE_YOUNG: Final = Weighted({"J18.9": 4.0, "A97.0": 3.0, "A09.9": 2.0})


def visits(life: Life) -> Iterator[Visit]:
    """Station, hospital, station for each illness that is too much for a station."""
    chance = life.chance("admission")
    rate = next(rate for age, rate in _A_YEAR.items() if life.age < age)
    for _ in range(chance.count(rate * life.years, most=3)):
        code = (_OF_THE_OLD if life.age >= 55 else _OF_THE_YOUNG).pick(chance)
        day = life.day(chance)
        if day + timedelta(days=25) < life.until:
            yield from _journey(life, chance, code, day)


def _journey(life: Life, chance: Chance, code: str, day: date) -> Iterator[Visit]:
    up = _sent_up(life, chance, code, day)
    stay = _stay(life, chance, code, up)
    yield up
    yield stay
    yield _followed_up(life, chance, code, stay)


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
        findings=vital_signs(life, chance, starts.date(), code[0] in "JA" and code != "J44.9"),
        referral=Referral(life.referral_number(life.station, starts.date()), life.hospital, urgent=True),
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
        findings=vital_signs(life, chance, starts.date(), code.startswith("J18")),
        reports=_reports(chance, illness),
        dosages=illness.treatment,
        referral=Referral(life.referral_number(life.hospital, left), life.station, back=True),
        answers=up.referral.number if up.referral else "",
        discharge=Discharge("home", illness.course, "Uống thuốc theo đơn, tái khám tại trạm y tế sau 1 tuần"),
        prompt=True,
    )


def _reports(chance: Chance, illness: Illness) -> tuple[Report, ...]:
    tests = (report(chance, "inflammation", ill=True), report(chance, "chemistry"))
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
        answers=stay.referral.number if stay.referral else "",
        prompt=True,
    )

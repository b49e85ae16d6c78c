"""Days and hours of the province (UTC+7, no summer time)."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, timezone
from typing import Final

from simulation.chance import Chance

INDOCHINA_TIME: Final = timezone(timedelta(hours=7))


def at(day: date, hour: int = 0, minute: int = 0) -> datetime:
    """That moment in the province."""
    return datetime.combine(day, time(hour, minute), INDOCHINA_TIME)


def clinic_time(chance: Chance, day: date) -> datetime:
    """In opening hours, 7:00 to 11:29 or 13:30 to 16:29; a day at the weekend becomes the Monday after it."""
    open_day = day + timedelta(days=7 - day.weekday()) if day.weekday() > 4 else day
    minutes = chance.between(0, 449)
    return at(open_day, 7) + timedelta(minutes=minutes if minutes < 270 else minutes + 120)


def any_time(chance: Chance, day: date) -> datetime:
    """A moment of the day or the night."""
    return at(day) + timedelta(minutes=chance.between(0, 1439))

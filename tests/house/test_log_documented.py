"""docs/log.md names every header of a record and every setting of the topic, and nothing else."""

import re
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from ehr.event_store.notifications import NotificationRow
from ehr.values import SUBJECTS
from streams.log_record import to_record
from streams.topics import Wish

PAGE = (Path(__file__).parents[2] / "docs" / "log.md").read_text(encoding="utf8")


def rows(title: str) -> list[list[str]]:
    """The cells of the table with this first title."""
    table = PAGE.partition(f"\n| {title} |")[2].partition("\n\n")[0]
    return [[cell.strip().strip("`") for cell in line.split("|")[1:-1]] for line in table.splitlines()[2:]]


def test_every_header_is_documented() -> None:
    some = UUID(int=0)
    row = NotificationRow(
        1, 1, 1, some, 1, some, 1, datetime(2026, 1, 1, tzinfo=UTC), "CitizenRegistered", b""
    )
    assert [cells[0] for cells in rows("Header")] == [name for name, _ in to_record(row).headers]


def test_every_setting_of_the_topic_is_documented() -> None:
    documented = {cells[0]: cells[1] for cells in rows("Setting")}
    assert list(documented) == list(Wish("any").settings)
    plain = {name: value for name, value in documented.items() if re.fullmatch(r"\S+", value)}
    assert plain.items() <= Wish("any").settings.items()
    assert documented["max.message.bytes"].startswith(Wish("any").settings["max.message.bytes"])


def test_the_name_space_of_subjects_is_the_documented_one() -> None:
    assert PAGE.count(str(SUBJECTS)) == 2

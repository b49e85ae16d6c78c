"""What the linking process makes of Patients that somebody merges, and takes apart again."""

import pytest

from ehr.health_record import HealthRecord, now
from ehr.merging import Named, Wish
from ehr.values import Actor
from tests.linking import copy, link_all, prepared, register, stated
from tests.stating import migrated, on_record

WISH = Wish(Named("p1"), Named("p2"), Actor("page", "nurse"), now())


@pytest.mark.parametrize("linked_first", [True, False])
def test_what_was_taken_back_is_not_linked_again(database: str, linked_first: bool) -> None:
    url = prepared(migrated(database))
    register(url, copy("p1"), copy("p2"))
    if linked_first:
        link_all(url)

    async def merge_and_back(record: HealthRecord) -> None:
        await record.merge(WISH)
        await record.unmerge(WISH)

    on_record(url, merge_and_back)
    before = stated(url)
    link_all(url)
    assert stated(url) == before
    assert before == [("l", "p1-p2")] * (1 + linked_first) + [("RecordsUnlinked", "p1-p2")]

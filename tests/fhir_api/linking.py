"""Linking two Patients of a running server, as the record's door does it."""

from concurrent.futures import ThreadPoolExecutor

from ehr.linking import Act
from tests.fhir_api.running import Door
from tests.pairing import judge_all, judgement


def judge(door: Door, act: Act, one: str, other: str) -> dict[str, str]:
    """A person's judgement; the headers by which a read waits for it."""
    # In a thread of its own: the loop of whoever drives a browser runs in this one.
    with ThreadPoolExecutor(1) as thread:
        (judged,) = thread.submit(judge_all, door.database, judgement(act, one, other)).result()
    return {"X-EHR-Position": str(judged.position)}


def link(door: Door, one: str, other: str) -> dict[str, str]:
    """Makes them one person."""
    return judge(door, Act.LINK, one, other)


def unlink(door: Door, one: str, other: str) -> dict[str, str]:
    """Takes that back."""
    return judge(door, Act.UNLINK, one, other)

"""Walks through pages: a next link brings back where a walk stands, and how much it had seen."""

from typing import TypeVar

from fhir_api.call import Call
from fhir_api.reading import address

Place = TypeVar("Place")

PAGE = "_page"
"""The parameter that holds all of a walk."""


def next_page(call: Call, path: str, place: object, shown: int, *of: str) -> str:
    """The address of the next page. shown: the largest position of what is told on this one."""
    seen = max(shown, call.services.visibility.position)
    return address(call, path, [(PAGE, call.services.pages.seal(place, seen, *of))])


def turn_page(call: Call, token: str, shape: type[Place], *of: str) -> Place:
    """Where the walk stands; ``wait_for_position`` then waits until the views show what they had shown it.

    A database that crashed may have taken them back a little (docs/decisions/0008); the rest of a flush would
    be left out. Raises BadRequest for a token that is not of this walk.
    """
    place, call.seen = call.services.pages.open(token, shape, *of)
    return place

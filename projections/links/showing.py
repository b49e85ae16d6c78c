"""As of when it is known who is one person, for whoever reads another view in the same snapshot."""

from typing import NamedTuple

from projections.database import Reader
from projections.links.view import Links
from projections.standing import showing


class Linked(NamedTuple):
    """at: position as of which it is known who is one person. whole: whether nothing can be missing in it."""

    at: int
    whole: bool


async def linked(connection: Reader, view: str, walked: int | None = None) -> Linked:
    """connection: a snapshot, in which the other view is read as well: it shows nothing beyond links that are
    whole. walked: as of when a walk has begun; a link that is made or taken back meanwhile changes nothing in
    it.
    """
    other, links = await showing(connection, view, Links.name)
    at = links.position if walked is None else walked
    least = other.position if walked is None else walked
    return Linked(at, links.position >= least and not links.leaves_out)

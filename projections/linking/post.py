"""What the linking process has in the database: the lease that one holds, its position, and who waits."""

from collections.abc import Collection
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from ehr.event_store.connections import Connection, connect
from ehr.event_store.lease import Keeper, Lease
from ehr.sql import load_queries

_sql = load_queries(Path(__file__).with_name("post.sql"))

MOST_WAITING = 100
"""Citizens who are taken up again at once."""

_NOBODY = UUID(int=0)


class Overtaken(Exception):
    """Another process has gone on linking, or linking begins anew."""


def judge_anew(conninfo: str) -> None:
    """Lets whichever process links begin at the log's beginning. What was stated stays, and is not stated
    again. Raises RecordTrouble (ehr.event_store.connections)."""
    with connect(conninfo) as connection:
        connection.execute(_sql["anew"])


class Waiting(NamedTuple):
    """A citizen who could not be judged at a position."""

    subject: UUID
    position: int


class Post:
    """The process's own connection. Every method raises psycopg.OperationalError when it is lost.

    Two at once do no harm: what both state is stored once, and one position is advanced by one of them.
    """

    def __init__(self, conninfo: str) -> None:
        """Connects at once."""
        self._connection: Connection = connect(conninfo)
        self._connection.execute(_sql["call_itself"], {"does": "link, standing by"})
        self._lease = Lease(self._connection, "views.link")
        self._keeper: Keeper | None = None
        self._tried = _NOBODY

    def take(self) -> bool:
        """Whether this process is the one; it stays so until it closes, hangs or loses its connection.
        Raises HeldByAnotherRole (ehr.event_store.lease)."""
        taken = self._lease.take()
        if taken and self._keeper is None:
            self._connection.execute(_sql["call_itself"], {"does": "link"})
            self._keeper = Keeper(self._lease)
        return taken

    def begin(self) -> int:
        """The position up to which everybody was judged."""
        row = self._connection.execute(_sql["begin"]).fetchone()
        assert row is not None
        return int(row[0])

    def require(self, position: int) -> None:
        """Raises Overtaken where linking stands elsewhere: another process has gone on, or everybody is to be
        judged anew."""
        if self.begin() != position:
            raise Overtaken

    def alive(self) -> None:
        """The holder is not stuck."""
        if self._keeper:
            self._keeper.alive()

    def advance(self, old: int, new: int, waits: Collection[UUID]) -> None:
        """Everybody was judged up to another position, but for those who wait. Raises Overtaken."""
        with self._connection.transaction():
            if self._connection.execute(_sql["advance"], {"old": old, "new": new}).rowcount != 1:
                raise Overtaken
            self.wait(waits, new)

    def waiting(self) -> list[Waiting]:
        """Some of those who wait and may be judged now. They take turns: who cannot be judged keeps nobody
        from it."""
        rows = self._connection.execute(
            _sql["waiting"], {"after": self._tried, "limit": MOST_WAITING}
        ).fetchall()
        self._tried = rows[-1][0] if len(rows) == MOST_WAITING else _NOBODY
        return [Waiting(*row) for row in rows]

    def wait(self, subjects: Collection[UUID], position: int) -> None:
        """These are judged later."""
        if subjects:
            self._connection.execute(_sql["wait"], {"subjects": list(subjects), "position": position})

    def judged(self, waiting: Waiting) -> None:
        """Somebody waits no more."""
        self._connection.execute(_sql["judged"], waiting._asdict())

    def close(self) -> None:
        """Lets another one work."""
        if self._keeper:
            self._keeper.close()
        self._connection.close()

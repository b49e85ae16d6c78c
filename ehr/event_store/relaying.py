"""What a relay has in the store: the lease that one relay holds, and what it tells of itself."""

from pathlib import Path
from typing import NamedTuple

from ehr.event_store.connections import AsyncConnection, Connection, connect
from ehr.event_store.housekeeping import FORGETTING
from ehr.event_store.lease import Keeper, Lease
from ehr.sql import load_queries

_queries = load_queries(Path(__file__).with_name("relaying.sql"))

STANDING = _queries["standing"]
"""Gives the fields of a RelayStanding; no row where the record keeps its log itself."""

BEHIND_SECONDS = 5.0
"""A relay keeps up that has carried every fact which is older than this."""

SILENT_SECONDS = 15.0
"""A relay that has told nothing for so long is not at work."""


class NotKept(Exception):
    """Kafka does not keep the log of this record: `ehr relay --leave` has ended that, or the database is a
    backup from before. `ehr migrate` with EHR_LOG=kafka lets Kafka keep it."""

    def __init__(self) -> None:
        """Its message is what the class says."""
        super().__init__(" ".join(str(NotKept.__doc__).split()))


class RelayStanding(NamedTuple):
    """position: the last fact that the log has confirmed. trouble: what keeps the relay. silent: seconds
    since it told this. compared: whether the log was found to have no more than the store, so that writing
    may go on. behind: seconds since the first fact was recorded that is not known to be in the log; 0 when
    all are."""

    position: int
    trouble: str | None
    silent: float
    compared: bool
    behind: float

    @property
    def works(self) -> bool:
        """Whether a relay is at work and nothing keeps it."""
        return self.trouble is None and self.silent < SILENT_SECONDS

    @property
    def keeps_up(self) -> bool:
        """Whether one gets facts to the log now, and has few to make up for."""
        return self.works and self.behind <= BEHIND_SECONDS


class RelayPost:
    """A relay's own connection. Every method raises psycopg.OperationalError when it is lost, and all but
    ``leave`` and ``close`` NotKept where Kafka does not keep the log (any more).

    Each of them is a sign of life. The holder owes one at least every BUSY_SECONDS (ehr.event_store.lease).
    """

    def __init__(self, conninfo: str, *, adopts: bool = True) -> None:
        """Connects at once. adopts: from now on Kafka keeps the log. Where it has not so far, nothing is
        appended before the first ``agree``; where it has, what was compared still counts."""
        self._connection: Connection = connect(conninfo)
        self._connection.execute(_queries["lazily"])
        self._lease = Lease(self._connection, "record.relay")
        self._keeper: Keeper | None = None
        if adopts:
            keep_by_kafka(self._connection)

    def take(self) -> bool:
        """Whether this relay is the one; it stays so until it closes, hangs or loses its connection.
        Raises HeldByAnotherRole."""
        taken = self._lease.take()
        if taken:
            self._keeper = self._keeper or Keeper(self._lease)
            self._standing()
        return taken

    def keep(self) -> None:
        """Says that the holder is alive."""
        self._standing()

    def confirmed(self) -> int:
        """The position up to which the log had confirmed all when this was last told."""
        return self._standing().position

    def incarnation(self) -> str:
        """Which record this is now: another one after a start of the database, or when one is put back."""
        self._live()
        row = self._connection.execute(_queries["incarnation"]).fetchone()
        assert row is not None
        return str(row[0])

    def agree(self, seen: str) -> bool:
        """The log has no more than the store: writing may go on. seen: the incarnation before they were
        compared; where it is another one now nothing was compared, and False is given."""
        return self._note("agree", seen=seen)

    def disagree(self, trouble: str) -> None:
        """The log has what the store has not: writing may not go on."""
        self._note("disagree", trouble=trouble)

    def tell(self, position: int | None, trouble: str | None = None) -> bool:
        """How far the log is, if that is known, and what keeps the relay. Says too that it is alive; gives
        whether what was compared still counts."""
        return self._note("tell", position=position, trouble=trouble)

    def leave(self) -> None:
        """The record keeps its log itself: nothing need be compared any more."""
        self._connection.execute(_queries["keep_by_record"])

    def forget(self) -> None:
        """Forgets what the record need not remember, for as long as it takes."""
        for query in FORGETTING.values():
            self._connection.execute(query)

    def close(self) -> None:
        """Lets go of the lease."""
        if self._keeper:
            self._keeper.close()
        self._connection.close()

    def _live(self) -> None:
        if self._keeper:
            self._keeper.alive()

    def _standing(self) -> RelayStanding:
        self._live()
        found = standing(self._connection)
        if found is None:
            raise NotKept
        return found

    def _note(self, query: str, **values: str | int | None) -> bool:
        """Gives whether writing may go on."""
        self._live()
        row = self._connection.execute(_queries[query], values).fetchone()
        if row is None:
            raise NotKept
        return bool(row[0])


def keeps_up(conninfo: str) -> bool:
    """Whether a relay gets facts to the log now, and has few to make up for.

    Raises psycopg.OperationalError.
    """
    with connect(conninfo) as connection:
        found = standing(connection)
    return found is not None and found.keeps_up


def keep_by_kafka(connection: Connection) -> None:
    """From now on a relay must have compared log and store before anything is appended."""
    connection.execute(_queries["keep_by_kafka"])


async def keep_by_kafka_async(connection: AsyncConnection) -> None:
    """The same, for the event loop."""
    await connection.execute(_queries["keep_by_kafka"])


def is_kept_by_kafka(connection: Connection) -> bool:
    """Whether a relay must have compared before anything is appended."""
    return standing(connection) is not None


def standing(connection: Connection) -> RelayStanding | None:
    """What the relay last told; None where the record keeps its log itself."""
    row = connection.execute(STANDING).fetchone()
    return RelayStanding(*row) if row else None

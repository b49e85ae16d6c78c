"""What a relay has in the store: the lock that one relay holds, and what it tells of itself."""

from pathlib import Path
from typing import NamedTuple

from ehr.event_store.connections import Connection, connect
from ehr.sql import load_queries

SILENT_SECONDS = 8
"""A relay that holds the lock and has told nothing for so long hangs: another one takes its place."""

_queries = load_queries(Path(__file__).with_name("relaying.sql"))

_SOON = "; ".join(
    f"set {name} = {value}"
    for name, value in {
        "synchronous_commit": "off",
        "tcp_keepalives_idle": 3,
        "tcp_keepalives_interval": 2,
        "tcp_keepalives_count": 2,
    }.items()
)
"""What is told is no fact, and may be lost with the database. A relay whose machine is gone lets go of the lock."""


class Standing(NamedTuple):
    """position: the last fact that the log has confirmed. trouble: what keeps the relay. silent: seconds since
    it told this. open: whether writing may go on."""

    position: int
    trouble: str | None
    silent: float
    open: bool


class RelayPost:
    """A relay's own connection. Every method raises psycopg.OperationalError when it is lost."""

    def __init__(self, conninfo: str) -> None:
        """Connects at once."""
        self._connection: Connection = connect(conninfo)
        self._connection.execute(_SOON)

    def take(self) -> bool:
        """Whether this relay is the one; it stays so until it closes or loses its connection."""
        self._connection.execute(_queries["dismiss"], {"seconds": SILENT_SECONDS})
        row = self._connection.execute(_queries["take"]).fetchone()
        return bool(row and row[0])

    def agree(self, position: int) -> None:
        """The log has no more than the store, and is at this position: writing may go on."""
        self._connection.execute(_queries["agree"], {"position": position})

    def disagree(self, trouble: str) -> None:
        """The log has what the store has not: writing may not go on."""
        self._connection.execute(_queries["disagree"], {"trouble": trouble})

    def tell(self, position: int | None, trouble: str | None = None) -> None:
        """How far the log is, if that is known, and what keeps the relay."""
        self._connection.execute(_queries["tell"], {"position": position, "trouble": trouble})

    def close(self) -> None:
        """Lets go of the lock."""
        self._connection.close()


def standing(connection: Connection) -> Standing | None:
    """What the relay last told; None when there has never been one."""
    row = connection.execute(_queries["standing"]).fetchone()
    return Standing(*row) if row else None

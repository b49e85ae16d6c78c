"""A lease: what one program holds while others stand by, wherever they run."""

from pathlib import Path

from ehr.event_store.connections import Connection
from ehr.sql import load_queries

SILENT_SECONDS = 8
"""A holder whose connection has asked nothing for so long hangs, and loses the lease to whoever stands by."""

COMPUTING_SECONDS = 60
"""The same within a transaction: there it may only have much to compute, and so would whoever comes after."""

_queries = load_queries(Path(__file__).with_name("lease.sql"))


class Lease:
    """One lease, which goes with the connection: a holder that is killed, or whose machine or network is gone
    for seven seconds, has lost it. What it does must be harmless all the same: it may learn of that late.

    Every method raises psycopg.OperationalError when the connection is lost.
    """

    def __init__(self, connection: Connection, name: str) -> None:
        """``name``: of what only one is to do."""
        self._connection = connection
        self._name: dict[str, str | float] = {"name": name}
        self._held = False

    def take(self) -> bool:
        """Whether this connection holds the lease now. Takes it from a holder that hangs."""
        if not self._held:
            self._connection.execute(_queries["notice_soon"])
            limits = {"idle": SILENT_SECONDS, "computing": COMPUTING_SECONDS}
            self._connection.execute(_queries["dismiss"], self._name | limits)
            self._held = self._connection.execute(_queries["take"], self._name).fetchone() == (True,)
        return self._held

    def release(self) -> None:
        """Gives it up, if it is held."""
        if self._held:
            self._connection.execute(_queries["release"], self._name)
            self._held = False

    def keep(self) -> None:
        """Says that the holder is alive; to be called within SILENT_SECONDS of its last statement."""
        self._connection.execute(_queries["keep"])

"""A lease: what one program holds while others stand by, wherever they run."""

import threading
import time
from pathlib import Path

import psycopg

from ehr.event_store.connections import Connection
from ehr.sql import load_queries

SILENT_SECONDS = 8
"""A holder whose connection has asked nothing for so long hangs, and loses the lease to whoever stands by."""

COMPUTING_SECONDS = 60
"""The same within a transaction: there it may only have much to compute, and so would whoever comes after."""

BUSY_SECONDS = 60.0
"""So long a holder may be busy elsewhere, where a Keeper speaks for it meanwhile. Beyond that it hangs."""

_queries = load_queries(Path(__file__).with_name("lease.sql"))


class HeldByAnotherRole(Exception):
    """A session of another database role holds a lease and hangs, and this role may not end it."""

    def __init__(self, name: str, role: str) -> None:
        """name: of the lease; role: whose session holds it."""
        super().__init__(
            f"a session of the database role {role} holds {name} and hangs, and the role of this program may "
            "not end it: end it by hand, and let all programs use one role"
        )


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
        """Whether this connection holds the lease now. Takes it from a holder that hangs; raises
        HeldByAnotherRole where the database does not let it."""
        if not self._held:
            self._connection.execute(_queries["notice_soon"])
            self._dismiss()
            self._held = self._connection.execute(_queries["take"], self._name).fetchone() == (True,)
        return self._held

    def release(self) -> None:
        """Gives it up, if it is held."""
        if self._held:
            self._connection.execute(_queries["release"], self._name)
            self._held = False

    @property
    def is_lost(self) -> bool:
        """Whether the connection is lost, and the lease with it."""
        return self._connection.closed

    def keep(self) -> None:
        """Says that the holder is alive; to be called within SILENT_SECONDS of its last statement."""
        self._connection.execute(_queries["keep"])

    def _dismiss(self) -> None:
        limits = {"idle": SILENT_SECONDS, "computing": COMPUTING_SECONDS}
        try:
            self._connection.execute(_queries["dismiss"], self._name | limits)
        except psycopg.errors.InsufficientPrivilege:
            holder = self._connection.execute(_queries["holder"], self._name).fetchone()
            if holder:
                raise HeldByAnotherRole(str(self._name["name"]), holder[0]) from None


class Keeper:
    """Keeps a lease while its holder waits for something else than the database, by a thread of its own.

    It does so until BUSY_SECONDS after the last sign of life: one that is stuck loses the lease all the same.
    Where the process is frozen or gone, so is its thread.
    """

    def __init__(self, lease: Lease) -> None:
        """``lease`` is held, and its connection is closed after this one."""
        self._lease = lease
        self._alive_at = time.monotonic()
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="keeper of a lease", daemon=True)
        self._thread.start()

    def alive(self) -> None:
        """The holder is not stuck."""
        self._alive_at = time.monotonic()

    def close(self) -> None:
        """Ends the thread."""
        self._ends.set()
        self._thread.join()

    def _keep(self) -> None:
        while not self._ends.wait(SILENT_SECONDS / 4):
            if time.monotonic() - self._alive_at < BUSY_SECONDS:
                try:
                    self._lease.keep()
                except psycopg.Error:
                    if self._lease.is_lost:
                        return  # The holder learns of it by its own next statement.

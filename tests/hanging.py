"""Sessions that hold a lease and do nothing with it."""

from collections.abc import Iterator
from contextlib import closing, contextmanager

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from backbone.embedded_postgres import EmbeddedPostgres
from ehr.event_store.connections import Connection, connect
from ehr.event_store.lease import Lease


@contextmanager
def held_by_another_role(
    server: EmbeddedPostgres, url: str, name: str, silent: float
) -> Iterator[Connection]:
    """The lease ``name`` is held by the superuser, who has asked nothing for so many seconds."""
    other = make_conninfo(server.superuser_url, dbname=conninfo_to_dict(url)["dbname"])
    with closing(connect(other)) as holder, closing(connect(url)) as one:
        assert Lease(holder, name).take()
        one.execute("select pg_sleep(%s)", [silent])
        yield holder

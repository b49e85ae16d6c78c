"""One holds the lease and others stand by."""

from contextlib import closing, suppress

import pytest
from psycopg.errors import QueryCanceled

from backbone.embedded_postgres import EmbeddedPostgres
from ehr.event_store import lease
from ehr.event_store.connections import RecordTrouble, connect
from ehr.event_store.lease import HeldByAnotherRole, Lease
from ehr.event_store.relaying import RelayPost
from tests.backbone.waiting import until
from tests.hanging import held_by_another_role
from tests.stating import looking, migrated


def test_one_holds_it_until_its_connection_ends(database: str) -> None:
    with closing(connect(database)) as one, closing(connect(database)) as two:
        first, second = Lease(one, "x"), Lease(two, "x")
        assert (first.take(), second.take(), first.take(), second.take()) == (True, False, True, False)
        assert Lease(two, "y").take()
        one.close()
        until(second.take, "the lease is free")


@pytest.mark.parametrize("name", ["x", "record.relay", "views.project.citizens"])
def test_whoever_asks_nothing_for_long_loses_it(
    database: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever numbers the names of leases become: half of them are negative."""
    monkeypatch.setattr(lease, "SILENT_SECONDS", 0.5)
    with closing(connect(database)) as one, closing(connect(database)) as two:
        first, second = Lease(one, name), Lease(two, name)
        assert first.take()
        until(second.take, "the one that hangs is dismissed")
        with pytest.raises(RecordTrouble):
            first.keep()


def test_whoever_asks_something_or_waits_for_an_answer_keeps_it(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lease, "SILENT_SECONDS", 1)
    with closing(connect(database)) as one, closing(connect(database)) as two:
        first, second = Lease(one, "x"), Lease(two, "x")
        assert first.take()
        for _ in range(3):
            one.execute("select pg_sleep(0.5)")
            assert not second.take()
            first.keep()
        one.execute("select pg_sleep(2)")
        assert not second.take()


def test_whoever_computes_within_a_transaction_is_given_longer(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise holders would take it from each other over one large fact, and none would ever do it."""
    monkeypatch.setattr(lease, "SILENT_SECONDS", 0.2)
    monkeypatch.setattr(lease, "COMPUTING_SECONDS", 1.5)
    with closing(connect(database)) as one, closing(connect(database)) as two:
        first, second = Lease(one, "x"), Lease(two, "x")
        assert first.take()
        one.execute("begin")
        two.execute("select pg_sleep(0.5)")
        assert not second.take()
        until(second.take, "it hangs after all")


def test_it_is_given_up_and_taken_again(database: str) -> None:
    with closing(connect(database)) as one, closing(connect(database)) as two:
        first, second = Lease(one, "x"), Lease(two, "x")
        assert first.take()
        first.release()
        assert second.take()
        assert not first.take()
        second.release()
        second.release()
        assert first.take()


def test_a_holder_of_another_role_is_named(
    database: str, postgres: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that this role may not dismiss: others stand by, and take over when it is gone."""
    monkeypatch.setattr(lease, "SILENT_SECONDS", 0.2)
    with held_by_another_role(postgres, database, "x", 0.3) as holder, closing(connect(database)) as one:
        stands_by = Lease(one, "x")
        said = f"^a session of the database role {holder.info.user} holds x and hangs"
        for _ in range(2):
            with pytest.raises(HeldByAnotherRole, match=said):
                stands_by.take()
        holder.close()
        until(lambda: taken(stands_by), "the lease is free")


def taken(one: Lease) -> bool:
    """A session that ends may still hold it."""
    with suppress(HeldByAnotherRole):
        return one.take()
    return False


def test_a_relay_that_is_busy_elsewhere_keeps_its_post(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lease, "SILENT_SECONDS", 1)
    migrated(database)
    with closing(RelayPost(database)) as one, closing(RelayPost(database)) as two:
        assert one.take()
        with looking(database) as connection:
            connection.execute("select pg_sleep(3)")
        assert not two.take()
        one.tell(1)


def test_a_relay_that_gives_no_sign_of_life_loses_its_post_all_the_same(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its process lives, and so does the thread that keeps the post."""
    monkeypatch.setattr(lease, "SILENT_SECONDS", 0.4)
    monkeypatch.setattr(lease, "BUSY_SECONDS", 1.0)
    migrated(database)
    with closing(RelayPost(database)) as one, closing(RelayPost(database)) as two:
        assert one.take()
        for position in range(4):
            with looking(database) as connection:
                connection.execute("select pg_sleep(0.6)")
            assert not two.take()
            one.tell(position) if position % 2 else one.keep()
        until(two.take, "the one that is stuck is dismissed")
        with pytest.raises(RecordTrouble):
            one.keep()


def test_a_relay_keeps_its_post_when_a_sign_of_life_goes_wrong(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a connection that lives on: a statement can be cancelled, or find no memory."""
    monkeypatch.setattr(lease, "SILENT_SECONDS", 4)
    signs: list[str] = []
    keep = Lease.keep

    def at_first_in_vain(self: Lease) -> None:
        signs.append("")
        if len(signs) == 1:
            raise QueryCanceled
        keep(self)

    monkeypatch.setattr(Lease, "keep", at_first_in_vain)
    migrated(database)
    with closing(RelayPost(database)) as one, closing(RelayPost(database)) as two:
        assert one.take()
        until(lambda: len(signs) > 2, "signs of life are given after the one that went wrong")
        assert not two.take()
        one.tell(1)


def test_a_relay_whose_connection_is_lost_while_it_is_busy_learns_of_it(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By its next statement, although the thread that keeps the post has met the error before."""
    monkeypatch.setattr(lease, "SILENT_SECONDS", 1)
    migrated(database)
    with closing(RelayPost(database)) as one, closing(RelayPost(database)) as two:
        assert one.take()
        with looking(database) as connection:
            connection.execute(
                "select pg_terminate_backend(pid, 10000) from pg_locks where locktype = 'advisory'"
                " and database = (select oid from pg_database where datname = current_database())"
            )
        keeper = one._keeper
        assert keeper is not None
        until(lambda: not keeper._thread.is_alive(), "the thread has ended")
        assert two.take()
        for statement in (one.keep, lambda: one.tell(1)):
            with pytest.raises(RecordTrouble):
                statement()

"""The numbered migrations amount to schema.sql, and are applied once each, in order."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest
from psycopg.errors import LockNotAvailable

from ehr.event_store import migrations
from ehr.event_store.connections import Connection, connect
from ehr.event_store.migrations import SchemaTooNew, migrate
from projections import generations

RECORD = Path(migrations.__file__).parent
VIEWS = Path(generations.__file__).parent

COLUMNS = """
select 'column', c.relname, a.attnum, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
       a.attstorage, a.attcompression, pg_get_expr(d.adbin, d.adrelid)
from pg_class c join pg_attribute a on a.attrelid = c.oid
left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
where c.relnamespace = %s::regnamespace and c.relkind in ('r', 'c', 'v')
      and a.attnum > 0 and not a.attisdropped
order by 2, 3"""
RELATIONS = """
select 'relation', relname, relkind, relpersistence, reloptions from pg_class
where relnamespace = %s::regnamespace order by 2"""
INDEXES = """
select 'index', tablename, indexname, indexdef from pg_indexes where schemaname = %s order by 2, 3"""
CONSTRAINTS = """
select 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid) from pg_constraint
where connamespace = %s::regnamespace order by 2, 3"""
FUNCTIONS = """
select 'function', proname, pg_get_functiondef(oid) from pg_proc where pronamespace = %s::regnamespace
order by 2, 3"""
TRIGGERS = """
select 'trigger', t.tgrelid::regclass::text, t.tgname, pg_get_triggerdef(t.oid)
from pg_trigger t join pg_class c on c.oid = t.tgrelid
where c.relnamespace = %s::regnamespace and not t.tgisinternal order by 2, 3"""
CATALOG = (COLUMNS, RELATIONS, INDEXES, CONSTRAINTS, FUNCTIONS, TRIGGERS)


def catalog(connection: Connection, schema: str) -> list[tuple[object, ...]]:
    """Everything that makes up a schema, in a comparable form."""
    return [row for query in CATALOG for row in connection.execute(query, [schema])]


def as_migrated(url: str, component: str, directory: Path) -> list[tuple[object, ...]]:
    """The catalog that the migrations make; nothing of it stays."""
    with connect(url) as connection, connection.transaction(force_rollback=True):
        migrate(connection, component, directory)
        return catalog(connection, component)


def as_described(url: str, schema: str, files: Sequence[Path]) -> list[tuple[object, ...]]:
    """The catalog that the schema's files make; nothing of it stays."""
    with connect(url) as connection, connection.transaction(force_rollback=True):
        for file in files:
            connection.execute(file.read_bytes())
        return catalog(connection, schema)


@pytest.mark.parametrize(
    ("schema", "directory", "files", "known"),
    [
        (
            "record",
            RECORD / "migrations",
            [RECORD / "schema.sql", RECORD / "append.sql"],
            ("function", "append"),
        ),
        ("views", VIEWS / "migrations", [VIEWS / "schema.sql"], ("relation", "generations")),
    ],
)
def test_migrations_amount_to_the_schema(
    database: str, schema: str, directory: Path, files: Sequence[Path], known: tuple[str, str]
) -> None:
    described = as_described(database, schema, files)
    assert known in {row[:2] for row in described}
    assert as_migrated(database, schema, directory) == described


@pytest.mark.parametrize(
    "change",
    [
        "alter table record.facts alter column state set storage extended",
        "alter table record.heads alter column version type bigint",
        "alter table record.heads alter column digest drop not null",
        "alter table record.flushes alter column ends set default '{}'",
        "alter table record.subjects reset (fillfactor)",
        "drop index record.claims_of_resource",
        "alter table record.claims drop constraint claims_pkey",
        "alter function record.append set work_mem = '1MB'",
    ],
)
def test_the_comparison_finds_every_kind_of_difference(module_database: str, change: str) -> None:
    with connect(module_database) as connection, connection.transaction(force_rollback=True):
        migrate(connection, "record")
        before = catalog(connection, "record")
        connection.execute(change.encode())
        assert catalog(connection, "record") != before


def test_each_migration_is_applied_once_and_in_order(database: str, tmp_path: Path) -> None:
    (tmp_path / "0002_more.sql").write_text("alter table planted add second int")
    (tmp_path / "0001_begin.sql").write_text("create table planted (first int)")
    with connect(database) as connection:
        assert migrate(connection, "planted", tmp_path) == ["0001_begin", "0002_more"]
        assert migrate(connection, "planted", tmp_path) == []
        (tmp_path / "0003_last.sql").write_text("alter table planted drop first")
        assert migrate(connection, "planted", tmp_path) == ["0003_last"]
        columns = connection.execute("select * from planted").description
    assert [column.name for column in columns or []] == ["second"]


def test_a_migration_that_fails_leaves_nothing_behind(database: str, tmp_path: Path) -> None:
    (tmp_path / "0001_begin.sql").write_text("create table planted (first int)")
    (tmp_path / "0002_wrong.sql").write_text("select 1 / 0")
    with connect(database) as connection:
        with pytest.raises(Exception, match="division by zero"):
            migrate(connection, "planted", tmp_path)
        assert connection.execute("select to_regclass('planted')").fetchone() == (None,)
        assert connection.execute("select to_regclass('migrations.applied')").fetchone() == (None,)


def test_the_way_into_the_record_is_changed_while_nothing_is_appended(database: str) -> None:
    with connect(database) as appending, connect(database) as connection:
        connection.execute("set lock_timeout = '200ms'")
        with appending.transaction():
            appending.execute("select pg_advisory_xact_lock(hashtext('record.append'))")
            with pytest.raises(LockNotAvailable):
                migrate(connection, "record")
        migrate(connection, "record")


def test_older_code_refuses_a_newer_database(database: str, tmp_path: Path) -> None:
    shutil.copytree(RECORD / "migrations", tmp_path, dirs_exist_ok=True)
    number = len(list(tmp_path.glob("[0-9]*_*.sql"))) + 1
    (tmp_path / f"{number:04}_of_the_future.sql").write_text("create table record.future (n int)")
    with connect(database) as connection:
        migrate(connection, "record", tmp_path)
        with pytest.raises(SchemaTooNew, match="newer code"):
            migrate(connection, "record")

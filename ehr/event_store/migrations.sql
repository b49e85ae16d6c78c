-- name: lock
-- Nobody else migrates until the transaction ends.
select pg_advisory_xact_lock(hashtext('migrations'));

-- name: make_schema
create schema if not exists migrations;

-- name: make_ledger
create table if not exists migrations.applied (
    component text not null, number integer not null, name text not null,
    applied_at timestamptz not null default clock_timestamp(), primary key (component, number));

-- name: read_applied
-- Numbers of a component's migrations that were applied.
select number from migrations.applied where component = %s;

-- name: add_applied
insert into migrations.applied (component, number, name) values (%s, %s, %s);

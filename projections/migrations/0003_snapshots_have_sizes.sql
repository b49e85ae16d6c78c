-- How much is kept is seen without unpacking it.
alter table views.snapshots add column size integer not null generated always as (cardinality(pks)) stored;

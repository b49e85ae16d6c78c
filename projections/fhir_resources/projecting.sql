-- name: last_pk
-- The highest surrogate in use.
select coalesce(max(pk), 0) from current;

-- name: supersede
-- Current versions of resources that get another one become past; gives the surrogates they keep.
with next as (
    select * from unnest(%(types)b::text[], %(ids)b::text[], %(positions)b::bigint[]) n(type, id, until)
), gone as (
    delete from current c using next n where c.type = n.type and c.id = n.id returning c.*, n.until
), kept as (
    insert into past (type, id, version, position, until, last_updated, deleted, subject, splice, body)
    select type, id, version, position, until, last_updated, deleted, subject, splice, body from gone
), forgotten as (
    delete from identifier i using gone g where i.pk = g.pk
), left_compartments as (
    delete from compartment c using gone g where c.pk = g.pk
)
select type, id, pk from gone;

-- name: copy_current
copy current (pk, type, id, version, position, last_updated, deleted, subject, starts, splice, body)
from stdin (format binary);

-- name: copy_past
copy past (type, id, version, position, until, last_updated, deleted, subject, splice, body)
from stdin (format binary);

-- name: copy_identifier
copy identifier (type, value, system, pk) from stdin (format binary);

-- name: copy_compartment
copy compartment (patient, type, starts, pk) from stdin (format binary);

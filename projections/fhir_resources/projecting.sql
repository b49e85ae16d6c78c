-- name: standing
-- Each of the named resources that is there.
select c.type, c.id, c.pk, c.version
from unnest(%(types)b::text[], %(ids)b::text[]) n(type, id) join current c on c.type = n.type and c.id = n.id;

-- name: supersede
-- Current versions of resources that get another one become past.
with next as (
    select * from unnest(%(types)b::text[], %(ids)b::text[], %(positions)b::bigint[]) n(type, id, until)
), gone as (
    delete from current c using next n where c.type = n.type and c.id = n.id returning c.*, n.until
), kept as (
    insert into past (type, id, version, position, until, last_updated, deleted, subject, splice, body)
    select type, id, version, position, until, last_updated, deleted, subject, splice, body from gone
), forgotten as (
    delete from identifier i using gone g where i.pk = g.pk
)
delete from compartment c using gone g where c.pk = g.pk;

-- name: add_late
-- Versions that come after a newer one was projected.
insert into past (type, id, version, position, until, last_updated, deleted, subject, splice, body)
select * from unnest(
    %(types)b::text[], %(ids)b::text[], %(versions)b::int[], %(positions)b::bigint[], %(untils)b::bigint[],
    %(last_updated)b::timestamptz[], %(deleted)b::boolean[], %(subjects)b::uuid[], %(splices)b::int[],
    %(bodies)b::bytea[]
)
on conflict do nothing;

-- name: join_intervals
-- Each version of these resources is valid until the next one.
update past p set until = n.until
from (
    select type, id, version, lead(position) over (partition by type, id order by version) as until
    from (
        select p.type, p.id, p.version, p.position
        from unnest(%(types)b::text[], %(ids)b::text[]) k(type, id)
        join past p on p.type = k.type and p.id = k.id
        union
        select c.type, c.id, c.version, c.position
        from unnest(%(types)b::text[], %(ids)b::text[]) k(type, id)
        join current c on c.type = k.type and c.id = k.id
    ) versions
) n
where p.type = n.type and p.id = n.id and p.version = n.version and p.until <> n.until;

-- name: begin
-- Where these resources were first stated is known now.
with begun as (
    select c.pk, n.pk as first
    from unnest(%(types)b::text[], %(ids)b::text[], %(pks)b::bigint[]) n(type, id, pk)
    join current c on c.type = n.type and c.id = n.id
), identified as (
    update identifier i set pk = b.first from begun b where i.pk = b.pk
), placed as (
    update compartment c set pk = b.first from begun b where c.pk = b.pk
)
update current c set pk = b.first from begun b where c.pk = b.pk;

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

-- name: standing
-- Each of the named resources that is there.
select c.type, c.id, c.pk, c.version
from unnest(%(types)b::text[], %(ids)b::text[]) n(type, id) join current c on c.type = n.type and c.id = n.id;

-- name: supersede
-- Current versions of resources that get another one become past.
with next as (
    select * from unnest(%(types)b::text[], %(ids)b::text[], %(kinds)b::smallint[], %(positions)b::bigint[])
        n(type, id, kind, until)
), gone as (
    delete from current c using next n where c.type = n.type and c.id = n.id returning c.*, n.kind, n.until
), kept as (
    insert into past (pk, type, id, version, position, until, last_updated, deleted, subject, splice, body)
    select pk, type, id, version, position, until, last_updated, deleted, subject, splice, body from gone
), forgotten as (
    delete from identifier i using gone g where i.pk = g.pk
), sought as (
    delete from search s using gone g where s.kind = g.kind and s.pk = g.pk
), coded as (
    delete from search_code s using gone g where s.pk = g.pk
), texts as (
    delete from search_string s using gone g where s.pk = g.pk
), dates as (
    delete from search_date s using gone g where s.pk = g.pk
), quantities as (
    delete from search_quantity s using gone g where s.pk = g.pk
), parts as (
    delete from search_part s using gone g where s.pk = g.pk
)
delete from compartment c using gone g where c.pk = g.pk;

-- name: add_late
-- Versions that come after a newer one was projected.
insert into past (pk, type, id, version, position, until, last_updated, deleted, subject, splice, body)
select * from unnest(
    %(pks)b::bigint[], %(types)b::text[], %(ids)b::text[], %(versions)b::int[], %(positions)b::bigint[],
    %(untils)b::bigint[], %(last_updated)b::timestamptz[], %(deleted)b::boolean[], %(subjects)b::uuid[],
    %(splices)b::int[], %(bodies)b::bytea[]
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
    select c.pk, n.kind, n.pk as first, c.type, c.id
    from unnest(%(types)b::text[], %(ids)b::text[], %(kinds)b::smallint[], %(pks)b::bigint[]) n(type, id, kind, pk)
    join current c on c.type = n.type and c.id = n.id
), identified as (
    update identifier i set pk = b.first from begun b where i.pk = b.pk
), placed as (
    update compartment c set pk = b.first from begun b where c.pk = b.pk
), passed as (
    update past p set pk = b.first from begun b where p.type = b.type and p.id = b.id
), sought as (
    update search s set pk = b.first from begun b where s.kind = b.kind and s.pk = b.pk
), coded as (
    update search_code s set pk = b.first from begun b where s.pk = b.pk
), texts as (
    update search_string s set pk = b.first from begun b where s.pk = b.pk
), dates as (
    update search_date s set pk = b.first from begun b where s.pk = b.pk
), quantities as (
    update search_quantity s set pk = b.first from begun b where s.pk = b.pk
), parts as (
    update search_part s set pk = b.first from begun b where s.pk = b.pk
)
update current c set pk = b.first from begun b where c.pk = b.pk;

-- name: copy_current
copy current (pk, type, id, version, position, last_updated, deleted, subject, starts, splice, body)
from stdin (format binary);

-- name: copy_past
copy past (pk, type, id, version, position, until, last_updated, deleted, subject, splice, body)
from stdin (format binary);

-- name: copy_identifier
copy identifier (type, value, system, pk) from stdin (format binary);

-- name: copy_compartment
copy compartment (patient, type, starts, pk) from stdin (format binary);

-- name: add_words
-- Texts that stand for terms, once each.
insert into search_word (number, text, term)
select * from unnest(%(numbers)b::smallint[], %(texts)b::text[], %(terms)b::bigint[])
on conflict do nothing;

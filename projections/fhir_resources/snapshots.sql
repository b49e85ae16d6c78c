-- name: keep
-- Forgets what is old, and keeps what a search has found; no row where there is no room for it. Servers that ask
-- at one moment do not see each other's: there may be as many more as there are servers.
with forgotten as (
    delete from views.snapshots where made <= now() - %(kept)b::interval
), live as (
    select count(*) as snapshots, coalesce(sum(size), 0) as resources
    from views.snapshots where made > now() - %(kept)b::interval
)
insert into views.snapshots (id, made, pks)
select %(id)b::uuid, now(), %(pks)b::bigint[] from live
where live.snapshots < %(most)b::bigint and live.resources + cardinality(%(pks)b::bigint[]) <= %(room)b::bigint
returning id;

-- name: kept
-- Some of what is kept; no row when there is no such snapshot any more.
select pks[%(first)b::int:%(last)b::int] from views.snapshots
where id = %(id)b and made > now() - %(kept)b::interval;

-- name: numbered
-- Resources by the numbers of their rows, in this order, as they are now; those deleted since are left out. Of
-- those after the first that fill the room no bodies.
select r.type, r.id, r.version, r.last_updated, r.splice,
       case when sum(octet_length(r.body)) over (order by n) - octet_length(r.body) < %(room)b::bigint
            then r.body else '' end,
       r.pk, r.position
from unnest(%(pks)b::bigint[]) with ordinality k(pk, n)
join fhir_resources.current r on r.pk = k.pk and not r.deleted order by n;

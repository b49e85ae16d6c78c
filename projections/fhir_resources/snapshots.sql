-- name: keep
-- Keeps what a search has found, and forgets what is old.
with forgotten as (delete from views.snapshots where made < now() - %(kept)b::interval)
insert into views.snapshots (id, made, pks) values (%(id)b, now(), %(pks)b::bigint[]);

-- name: kept
-- Some of what is kept; no row when there is no such snapshot any more.
select pks[%(first)b::int:%(last)b::int] from views.snapshots
where id = %(id)b and made > now() - %(kept)b::interval;

-- name: numbered
-- Resources by the numbers of their rows, in this order, as they are now; those deleted since are left out.
select r.type, r.id, r.version, r.last_updated, r.splice, r.body, r.pk, r.position
from unnest(%(pks)b::bigint[]) with ordinality k(pk, n)
join fhir_resources.current r on r.pk = k.pk and not r.deleted order by n;

-- Versions of many resources: of one type or of several. They lie in three places, each with an index of its own
-- that begins with the type. The order is that of time; what shares its time of change is ordered as first stated.

-- name: newest
-- The next versions after a place, newest first: those made at since or later, and before end. What was superseded
-- by start (null: never) comes without its content, which may be nearly all: a walk is to go on from there. Of
-- those after the first that fill the room bodies are empty. Last, whether the version before each was deleted.
-- Each place is read no further than the page goes.
with page as (
    select t.type, v.* from unnest(%(types)b::text[]) t(type) cross join lateral (
        (select c.pk, c.id, c.version, c.last_updated, false as former from fhir_resources.current c
         where c.type = t.type and not c.deleted
           and c.last_updated >= %(since)b and c.last_updated < %(end)b
           and (%(after)b::timestamptz is null
                or (c.last_updated, c.pk, c.version) < (%(after)b, %(after_pk)b, %(after_version)b))
         order by c.last_updated desc, c.pk desc limit %(limit)b)
        union all
        (select c.pk, c.id, c.version, c.last_updated, false from fhir_resources.current c
         where c.type = t.type and c.deleted
           and c.last_updated >= %(since)b and c.last_updated < %(end)b
           and (%(after)b::timestamptz is null
                or (c.last_updated, c.pk, c.version) < (%(after)b, %(after_pk)b, %(after_version)b))
         order by c.last_updated desc, c.pk desc limit %(limit)b)
        union all
        (select p.pk, p.id, p.version, p.last_updated, true from fhir_resources.past p
         where p.type = t.type
           and p.last_updated >= %(since)b and p.last_updated < %(end)b
           and (%(after)b::timestamptz is null
                or (p.last_updated, p.pk, p.version) < (%(after)b, %(after_pk)b, %(after_version)b))
         order by p.last_updated desc, p.pk desc, p.version desc limit %(limit)b)
    ) v order by v.last_updated desc, v.pk desc, v.version desc limit %(limit)b
)
select v.type, v.id, v.version, v.last_updated, r.deleted, r.splice,
       case when coalesce(sum(octet_length(r.body)) over page_order - octet_length(r.body), 0) < %(room)b::bigint
            then r.body else '' end,
       v.pk, r.position, coalesce(b.deleted, false)
from page v left join lateral (
    select c.deleted, c.splice, c.body, c.position from fhir_resources.current c
    where not v.former and c.pk = v.pk
    union all
    select p.deleted, p.splice, p.body, p.position from fhir_resources.past p
    where v.former and p.type = v.type and p.id = v.id and p.version = v.version
      and (%(start)b::timestamptz is null or %(start)b < coalesce(
          (select n.last_updated from fhir_resources.past n
           where n.type = p.type and n.id = p.id and n.version > p.version order by n.version limit 1),
          (select n.last_updated from fhir_resources.current n where n.type = p.type and n.id = p.id)))
) r on true left join fhir_resources.past b on b.type = v.type and b.id = v.id and b.version = v.version - 1
window page_order as (order by v.last_updated desc, v.pk desc, v.version desc)
order by v.last_updated desc, v.pk desc, v.version desc;

-- name: number
-- How many were made at since or later.
select (
    select count(*) from fhir_resources.current c
    where c.type = any(%(types)b) and not c.deleted and c.last_updated >= %(since)b
) + (
    select count(*) from fhir_resources.current c
    where c.type = any(%(types)b) and c.deleted and c.last_updated >= %(since)b
) + (
    select count(*) from fhir_resources.past p where p.type = any(%(types)b) and p.last_updated >= %(since)b
);

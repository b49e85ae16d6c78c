-- name: named
-- Current resources by name, in the order of the names. Of those after the first that fill the room no bodies.
select r.type, r.id, r.version, r.last_updated, r.splice,
       case when sum(octet_length(r.body)) over (order by n) - octet_length(r.body) < %(room)b::bigint
            then r.body else '' end,
       r.pk, r.position
from unnest(%(types)b::text[], %(ids)b::text[]) with ordinality k(type, id, n)
join fhir_resources.current r on r.type = k.type and r.id = k.id
where not r.deleted order by n;

-- name: referring
-- Ids of resources of a type that have any of these terms: those of references to what was found. Each term is
-- looked for by itself: all of them at once would be compared with all that any of them finds.
select r.id
from (
    select distinct f.pk
    from unnest(%(terms)b::bigint[]) t(term) cross join lateral (
        select s.pk from fhir_resources.search s
        where s.terms @> array[t.term] and s.kind = %(kind)b::smallint limit %(limit)b
    ) f order by f.pk limit %(limit)b
) page join fhir_resources.current r using (pk) order by pk;

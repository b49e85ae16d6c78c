-- name: named
-- Resources by name, in the order of the names. Of those after the first that fill the room no bodies.
select r.type, r.id, r.version, r.last_updated, r.splice,
       case when sum(octet_length(r.body)) over (order by n) - octet_length(r.body) < %(room)b::bigint
            then r.body else '' end,
       r.pk, r.position
from unnest(%(types)b::text[], %(ids)b::text[]) with ordinality k(type, id, n)
join fhir_resources.current r on r.type = k.type and r.id = k.id
where not r.deleted
order by n;

-- name: named
-- Current resources by name, in the order of the names.
select r.type, r.id, r.version, r.last_updated, r.splice, r.body, r.pk, r.position
from unnest(%(types)b::text[], %(ids)b::text[]) with ordinality k(type, id, n)
join fhir_resources.current r on r.type = k.type and r.id = k.id
where not r.deleted order by n;

-- name: referring
-- Resources of a type that have any of these terms: those of references to what was found.
select r.type, r.id, r.version, r.last_updated, r.splice, r.body, r.pk, r.position
from fhir_resources.search s join fhir_resources.current r on r.pk = s.pk
where s.kind = %(kind)b::smallint and s.terms && %(terms)b::bigint[]
order by s.pk limit %(limit)b;

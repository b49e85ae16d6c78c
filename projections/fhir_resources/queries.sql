-- name: read
-- Current versions, one row for each key in order; all null where there is none.
select c.version, c.last_updated, c.deleted, c.splice, c.body
from unnest(%(types)b::text[], %(ids)b::text[]) with ordinality k(type, id, n)
left join fhir_resources.current c on c.type = k.type and c.id = k.id order by n;

-- name: vread
-- One version, wherever it is.
select version, last_updated, deleted, splice, body from fhir_resources.current
where type = %(type)s and id = %(id)s and version = %(version)s
union all
select version, last_updated, deleted, splice, body from fhir_resources.past
where type = %(type)s and id = %(id)s and version = %(version)s;

-- name: lineage
-- Versions of a resource, newest first: those until a position, and before a version. Bodies are read by themselves.
select version, position, last_updated, deleted, subject from (
    select version, position, last_updated, deleted, subject from fhir_resources.current
    where type = %(type)b and id = %(id)b
    union all
    select version, position, last_updated, deleted, subject from fhir_resources.past
    where type = %(type)b and id = %(id)b
) versions
where (%(at)b::bigint is null or position <= %(at)b) and (%(before)b::integer is null or version < %(before)b)
order by version desc limit %(limit)b;

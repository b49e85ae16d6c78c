-- name: versions
-- Versions of a resource, newest first. Of those after the first that fill the room no bodies.
select version, last_updated, deleted, splice,
       case when sum(octet_length(body)) over (order by version desc) - octet_length(body) < %(room)b::bigint
            then body else '' end
from (
    select * from (
        select version, last_updated, deleted, splice, body from fhir_resources.current
        where type = %(type)b and id = %(id)b
        union all
        select version, last_updated, deleted, splice, body from fhir_resources.past
        where type = %(type)b and id = %(id)b
    ) versions
    where version between %(least)b and %(most)b order by version desc limit %(limit)b
) page order by version desc;

-- name: extent
-- Number, first and last of the versions that were made at since or later and were current some time from
-- start to before end; no row when the resource never was.
select count(version) filter (where chosen), coalesce(min(version) filter (where chosen), 0),
       coalesce(max(version) filter (where chosen), 0)
from (
    select version, last_updated >= %(since)b and last_updated < %(end)b
        and lead(last_updated, 1, 'infinity') over (order by version) > %(start)b as chosen
    from (
        select version, last_updated from fhir_resources.current where type = %(type)b and id = %(id)b
        union all
        select version, last_updated from fhir_resources.past where type = %(type)b and id = %(id)b
    ) versions
) spans having count(*) > 0;

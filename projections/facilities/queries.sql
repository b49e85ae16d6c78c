-- name: facilities
-- Every facility as its facts name it.
select facility, first_recorded, last_recorded, facts, resources from facilities.facility order by facility;

-- name: lags
-- The lags of every facility.
select facility, bucket, facts, seconds, longest from facilities.lag order by facility, bucket;

-- name: volumes
-- Resources by facility and day since a day; those of one FHIR type are counted apart.
select
    facility, day, sum(resources)::bigint,
    coalesce(sum(resources) filter (where kind = %(kind)s), 0)::bigint
from facilities.volume
where day >= %(since)s
group by facility, day
order by facility, day;

-- name: organizations
-- The Organization that each facility is: by its id, or by an identifier that no other Organization has.
select k.facility, o.id, o.name, o.commune, array(
    select code from facilities.organization_code c where c.id = o.id order by system, code
)
from unnest(%(facilities)s::text[]) k(facility)
cross join lateral (
    select id from facilities.organization
    where k.facility like 'Organization/%%' and id = substr(k.facility, length('Organization/') + 1)
    union
    select min(id) from facilities.organization_code where code = k.facility having count(distinct id) = 1
) found
join facilities.organization o using (id);

-- name: add_facilities
-- What a batch adds to each facility.
insert into facility as f (facility, first_recorded, last_recorded, facts, resources, timed, seconds)
select * from unnest(
    %(facilities)b::text[], %(first)b::timestamptz[], %(last)b::timestamptz[],
    %(facts)b::bigint[], %(resources)b::bigint[], %(timed)b::bigint[], %(seconds)b::bigint[]
)
on conflict (facility) do update set
    first_recorded = least(f.first_recorded, excluded.first_recorded),
    last_recorded = greatest(f.last_recorded, excluded.last_recorded),
    facts = f.facts + excluded.facts,
    resources = f.resources + excluded.resources,
    timed = f.timed + excluded.timed,
    seconds = f.seconds + excluded.seconds;

-- name: add_lags
-- What a batch adds to the lags.
insert into lag as l (facility, bucket, facts, seconds, longest)
select * from unnest(
    %(facilities)b::text[], %(buckets)b::smallint[], %(facts)b::bigint[], %(seconds)b::bigint[], %(longest)b::bigint[]
)
on conflict (facility, bucket) do update set
    facts = l.facts + excluded.facts,
    seconds = l.seconds + excluded.seconds,
    longest = greatest(l.longest, excluded.longest);

-- name: add_days
-- What a batch adds to the days; gives the facilities that have sent in an hour in which they had not so far.
with new as (
    select * from unnest(
        %(facilities)b::text[], %(days)b::date[], %(hours)b::integer[], %(resources)b::bigint[],
        %(encounters)b::bigint[], %(timed)b::bigint[], %(seconds)b::bigint[]
    ) n(facility, day, hours, resources, encounters, timed, seconds)
), added as (
    insert into daily as d select * from new
    on conflict (facility, day) do update set
        hours = d.hours | excluded.hours,
        resources = d.resources + excluded.resources,
        encounters = d.encounters + excluded.encounters,
        timed = d.timed + excluded.timed,
        seconds = d.seconds + excluded.seconds
), together as (
    insert into total as t
    select day, sum(resources), sum(encounters), sum(timed), sum(seconds) from new group by day order by day
    on conflict (day) do update set
        resources = t.resources + excluded.resources,
        encounters = t.encounters + excluded.encounters,
        timed = t.timed + excluded.timed,
        seconds = t.seconds + excluded.seconds
)
select distinct new.facility from new left join daily former using (facility, day)
where former.hours is null or former.hours | new.hours <> former.hours;

-- name: last_days
-- When facilities have sent lately: so many of their last days, in order.
select facility, day, hours
from unnest(%(facilities)b::text[]) f(facility)
cross join lateral (
    select day, hours from daily d where d.facility = f.facility order by day desc limit %(window)b
) last
order by facility, day;

-- name: state_rhythms
-- How long facilities usually send nothing.
update facility f set usual_gap = r.usual_gap, silent_from = r.silent_from
from unnest(%(facilities)b::text[], %(gaps)b::integer[], %(moments)b::timestamptz[])
    r(facility, usual_gap, silent_from)
where f.facility = r.facility;

-- name: forget_organizations
-- Organizations that get another version; gives the identifiers that they had.
with gone as (delete from organization where id = any(%(ids)b::text[]))
delete from organization_code where id = any(%(ids)b::text[]) returning code;

-- name: add_organizations
-- The newest versions.
insert into organization (id, name, folded, commune)
select * from unnest(%(ids)b::text[], %(names)b::text[], %(folded)b::text[], %(communes)b::text[]);

-- name: add_organization_codes
-- And their identifiers.
insert into organization_code (id, system, code)
select * from unnest(%(ids)b::text[], %(systems)b::text[], %(codes)b::text[]);

-- name: find_organizations
-- The Organization that each of these facilities is: by its id, or by an identifier that no other Organization has.
update facility f set organization = k.organization
from (
    select n.facility, coalesce(
        (
            select id from organization
            where n.facility like 'Organization/%%' and id = substr(n.facility, length('Organization/') + 1)
        ),
        (select min(id) from organization_code where code = n.facility having count(distinct id) = 1)
    ) as organization
    from unnest(%(facilities)b::text[]) n(facility)
) k
where f.facility = k.facility and f.organization is distinct from k.organization;

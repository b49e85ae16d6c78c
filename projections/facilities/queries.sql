-- name: senders
-- Some of those who have sent, in an order: what facts name in several ways, but one Organization is, is one sender. Of
-- a rhythm that is known of one of its names nothing is left when it has sent under another since.
with sender as (
    select
        min(facility) as facility, organization, array_agg(facility order by facility) as names,
        min(first_recorded) as first_recorded, max(last_recorded) as last_recorded,
        sum(facts)::bigint as facts, sum(resources)::bigint as resources,
        sum(seconds)::float8 / nullif(sum(timed), 0)::float8 as lag, min(usual_gap) as usual_gap,
        case when max(last_recorded) <= max(silent_from) then max(silent_from) end as silent_from
    from facilities.facility
    group by coalesce('Organization/' || organization, facility), organization
)
select
    s.facility, s.names, s.first_recorded, s.last_recorded, s.facts, s.resources, s.usual_gap, s.silent_from,
    o.id, o.name, o.commune, array(
        select code from facilities.organization_code c where c.id = o.id order by system, code
    )
from sender s left join facilities.organization o on o.id = s.organization
order by
    case %(order)s::text
        when 'last' then -extract(epoch from s.last_recorded)
        when 'facts' then -s.facts
        when 'resources' then -s.resources
        when 'lag' then -s.lag
        when 'silence' then extract(epoch from s.silent_from)
    end * %(sign)s::int nulls last,
    s.facility = %(unknown)s,
    case when %(sign)s::int < 0 and %(order)s::text = 'name' then coalesce(o.folded, s.facility) end collate "C" desc,
    coalesce(o.folded, s.facility) collate "C", s.facility collate "C"
limit %(limit)s offset %(offset)s;

-- name: lags
-- The lags of some facilities.
select facility, bucket, facts, seconds, longest from facilities.lag
where facility = any(%(facilities)s::text[]) order by facility, bucket;

-- name: days
-- What some facilities have stated since a day: days, resource versions and those of Encounters.
select facility, array_agg(day order by day), array_agg(resources order by day), array_agg(encounters order by day)
from facilities.daily
where facility = any(%(facilities)s::text[]) and day >= %(since)s group by facility;

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

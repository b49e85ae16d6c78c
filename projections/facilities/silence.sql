-- name: census
-- How many facilities have sent, how many of them are silent for longer than they usually are, and of how many that cannot
-- be told; as of now, or of the last fact that the view shows where it lacks some.
with moment as (
    select case when %(missing)b::bigint > 0 then max(last_recorded) else %(now)b::timestamptz end as at
    from facilities.facility
), sender as (
    select case when max(last_recorded) <= max(silent_from) then max(silent_from) end as silent_from
    from facilities.facility where facility <> %(unknown)b
    group by coalesce('Organization/' || organization, facility)
)
select
    m.at, (select count(*) from sender), (select count(*) from sender where silent_from < m.at),
    (select count(*) from sender where silent_from is null)
from moment m;

-- name: of_these
-- How some facilities send, by any of their names, or by the ids of Organizations that they are.
select
    min(f.facility), min(o.name), max(f.last_recorded), min(f.usual_gap),
    case when max(f.last_recorded) <= max(f.silent_from) then max(f.silent_from) end
from facilities.facility f left join facilities.organization o on o.id = f.organization
where f.facility <> %(unknown)b and (
    f.facility = any(%(names)b::text[]) or f.organization = any(%(ids)b::text[])
    or f.organization in (select organization from facilities.facility where facility = any(%(names)b::text[]))
)
group by coalesce('Organization/' || f.organization, f.facility)
order by max(f.last_recorded);

-- name: silent
-- Those that are silent for longer than they usually are, at a moment; who became so first goes first.
select
    min(f.facility), min(o.name), max(f.last_recorded), min(f.usual_gap), max(f.silent_from)
from facilities.facility f left join facilities.organization o on o.id = f.organization
where f.facility <> %(unknown)b
group by coalesce('Organization/' || f.organization, f.facility)
having max(f.silent_from) < %(at)b and max(f.last_recorded) <= max(f.silent_from)
order by max(f.silent_from), min(f.facility) limit %(limit)b;

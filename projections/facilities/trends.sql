-- name: of_some
-- What some facilities have stated since a day, by day or by week (the day on which it begins).
select date_trunc(%(step)b, day::timestamp)::date as step, sum(resources)::bigint, sum(encounters)::bigint,
       sum(timed)::bigint, sum(seconds)::bigint
from facilities.daily
where facility = any(%(facilities)b::text[]) and day >= %(since)b
group by step order by step;

-- name: of_all
-- The same of all together.
select date_trunc(%(step)b, day::timestamp)::date as step, sum(resources)::bigint, sum(encounters)::bigint,
       sum(timed)::bigint, sum(seconds)::bigint
from facilities.total
where day >= %(since)b
group by step order by step;

-- name: period
-- What all together have stated from one day to another, the last included.
select coalesce(sum(resources), 0)::bigint, coalesce(sum(encounters), 0)::bigint, coalesce(sum(timed), 0)::bigint,
       coalesce(sum(seconds), 0)::bigint
from facilities.total where day between %(first)b and %(last)b;

-- name: oddities
-- Facts whose time lies after their recording, and facts that name no facility.
select (select coalesce(sum(facts), 0)::bigint from facilities.lag where bucket = %(ahead)b),
       (select coalesce(sum(facts), 0)::bigint from facilities.facility where facility = %(unknown)b);

-- name: coverage
-- By commune how many are registered, in use, and seen: in columns, as there may be thousands.
select coalesce(array_agg(which), '{}'), coalesce(array_agg(r.number), '{}'),
       coalesce(array_agg(coalesce(u.number, 0)), '{}'), coalesce(array_agg(coalesce(s.number, 0)), '{}')
from citizens.tally r
left join (select which, number from citizens.tally where what = 'in-use') u using (which)
left join (select which, number from citizens.tally where what = 'seen') s using (which)
where r.what = 'registered';

-- name: numbers
-- How many numbers there are in use, by kind and how they were obtained.
select which, what, number from citizens.tally where what = any(%(obtained)s::text[]) order by which, what;

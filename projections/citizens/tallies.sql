-- name: coverage
-- By commune how many are registered, in use, and seen.
select which,
    coalesce(sum(number) filter (where what = 'registered'), 0)::bigint,
    coalesce(sum(number) filter (where what = 'in-use'), 0)::bigint,
    coalesce(sum(number) filter (where what = 'seen'), 0)::bigint
from citizens.tally where what in ('registered', 'in-use', 'seen') group by which order by which;

-- name: numbers
-- How many numbers there are in use, by kind and how they were obtained.
select which, what, number from citizens.tally where what = any(%(obtained)s::text[]) order by which, what;

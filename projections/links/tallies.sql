-- name: made
-- How many decisions were made from one day to another, the last included, and ever: by what they made of their pairs and
-- whether a program made them.
select state, by_program, coalesce(sum(decisions) filter (where day between %(first)b and %(last)b), 0)::bigint,
       sum(decisions)::bigint
from links.made group by state, by_program order by state, by_program;

-- name: gathered
-- How many Patients are one with others now, and how many people that makes.
select patients, people from links.gathered;

-- Pairs that stand in one way, as somebody works through them: some at a time, from a place on. The pairs of a page
-- are found first: joined at once, decisions were read from the last one on until they were met.

-- name: strongest
-- Those with the most evidence first; of equal ones the newest.
select d.position, d.subject, d.other, d.patient, d.other_patient, d.version, d.state, d.evidence, d.rule, d.reason,
       d.program, d.decided_by, d.facility, d.recorded_at, p.weight
from (
    select position, weight from links.pair
    where state = %(state)b and (%(weight)b::float8 is null or (weight, position) < (%(weight)b, %(position)b))
    order by weight desc, position desc limit %(limit)b
) p join links.decision d using (position) order by p.weight desc, position desc;

-- name: newest
-- Those that were decided last first.
select d.position, d.subject, d.other, d.patient, d.other_patient, d.version, d.state, d.evidence, d.rule, d.reason,
       d.program, d.decided_by, d.facility, d.recorded_at, p.weight
from (
    select position, weight from links.pair
    where state = %(state)b and (%(position)b::bigint is null or position < %(position)b)
    order by position desc limit %(limit)b
) p join links.decision d using (position) order by position desc;

-- name: number
-- How many there are, counted no further than the limit.
select count(*) from (select from links.pair where state = %(state)b limit %(limit)b) counted;

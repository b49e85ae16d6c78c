-- Pairs that stand in one way, as somebody works through them: some at a time, from a place on.

-- name: strongest
-- Those with the most evidence first; of equal ones the newest.
select d.position, d.subject, d.other, d.patient, d.other_patient, d.version, d.state, d.evidence, d.rule, d.reason,
       d.program, d.decided_by, d.facility, d.recorded_at, p.weight
from links.pair p join links.decision d using (position)
where p.state = %(state)b
  and (%(weight)b::float8 is null or (p.weight, p.position) < (%(weight)b, %(position)b))
order by p.weight desc, p.position desc limit %(limit)b;

-- name: newest
-- Those that were decided last first.
select d.position, d.subject, d.other, d.patient, d.other_patient, d.version, d.state, d.evidence, d.rule, d.reason,
       d.program, d.decided_by, d.facility, d.recorded_at, p.weight
from links.pair p join links.decision d using (position)
where p.state = %(state)b and (%(position)b::bigint is null or p.position < %(position)b)
order by p.position desc limit %(limit)b;

-- name: number
-- How many there are, counted no further than the limit.
select count(*) from (select from links.pair where state = %(state)b limit %(limit)b) counted;

-- Pairs that stand in one way, as somebody works through them: some at a time, from a place on. The pairs of a page
-- are found first: joined at once, decisions were read from the last one on until they were met.
--
-- Left out is what waits for nobody: two who are one person already, over others, and a pair of which one Patient was
-- deleted. A link that is doubted stands, whatever there is else.

-- name: strongest
-- Those with the most evidence first; of equal ones the newest.
select d.position, d.subject, d.other, d.patient, d.other_patient, d.version, d.state, d.evidence, d.rule, d.reason,
       d.program, d.decided_by, d.facility, d.recorded_at, p.weight
from (
    select w.position, w.weight from links.pair w
    where w.state = %(state)b and (w.state = 'doubted' or not w.together)
      and (%(weight)b::float8 is null or (w.weight, w.position) < (%(weight)b, %(position)b))
      and (w.state = 'doubted' or not exists (
          select from fhir_resources.current c
          where c.type = 'Patient' and c.id in (w.patient, w.other_patient) and c.deleted))
    order by w.weight desc, w.position desc limit %(limit)b
) p join links.decision d using (position) order by p.weight desc, position desc;

-- name: newest
-- Those that were decided last first.
select d.position, d.subject, d.other, d.patient, d.other_patient, d.version, d.state, d.evidence, d.rule, d.reason,
       d.program, d.decided_by, d.facility, d.recorded_at, p.weight
from (
    select w.position, w.weight from links.pair w
    where w.state = %(state)b and (w.state = 'doubted' or not w.together)
      and (%(position)b::bigint is null or w.position < %(position)b)
      and (w.state = 'doubted' or not exists (
          select from fhir_resources.current c
          where c.type = 'Patient' and c.id in (w.patient, w.other_patient) and c.deleted))
    order by w.position desc limit %(limit)b
) p join links.decision d using (position) order by position desc;

-- name: number
-- How many there are, counted no further than the limit.
select count(*) from (
    select from links.pair w
    where w.state = %(state)b and (w.state = 'doubted' or not w.together)
      and (w.state = 'doubted' or not exists (
          select from fhir_resources.current c
          where c.type = 'Patient' and c.id in (w.patient, w.other_patient) and c.deleted))
    limit %(limit)b
) counted;

-- name: people
-- Who is one person with each of these subjects, itself among them, now or after a position. A condition whose
-- parameter is null falls away when the statement is planned.
select mine.subject, m.subject, m.patient
from links.member mine join links.member m using (person)
where mine.subject = any(%(subjects)b::uuid[])
  and case when %(at)b::bigint is null then mine.to_position is null and m.to_position is null
      else mine.from_position <= %(at)b and coalesce(mine.to_position > %(at)b, true)
           and m.from_position <= %(at)b and coalesce(m.to_position > %(at)b, true) end;

-- name: people_between
-- Who was one person with each of these subjects after any fact from a position on, and before another one.
select distinct mine.subject, m.subject, m.patient
from links.member mine join links.member m using (person)
where mine.subject = any(%(subjects)b::uuid[])
  and greatest(mine.from_position, m.from_position, %(since)b::bigint)
      < coalesce(least(mine.to_position, m.to_position, %(until)b::bigint), 9223372036854775807);

-- name: decisions
-- What was decided about a pair, the newest first.
select position, subject, other, patient, other_patient, version, state, evidence, rule, reason, program,
       decided_by, facility, recorded_at
from links.decision where subject = %(subject)b and other = %(other)b order by position desc;

-- name: latest
-- What was decided before a position, the newest first.
select position, subject, other, patient, other_patient, version, state, evidence, rule, reason, program,
       decided_by, facility, recorded_at
from links.decision where %(before)b::bigint is null or position < %(before)b order by position desc limit %(limit)b;

-- name: concerning
-- The last decisions, now or until a position, about all pairs to which one of the subjects belongs, in order.
select d.position, d.subject, d.other, d.patient, d.other_patient, d.version, d.state, d.evidence, d.rule, d.reason,
       d.program, d.decided_by, d.facility, d.recorded_at
from (
    select subject, other, position from links.pair where subject = any(%(subjects)b::uuid[])
    union
    select subject, other, position from links.pair where other = any(%(subjects)b::uuid[])
) p join links.decision d on d.position = case
    when %(at)b::bigint is null or p.position <= %(at)b then p.position
    else (select max(e.position) from links.decision e
          where e.subject = p.subject and e.other = p.other and e.position <= %(at)b) end
order by d.position;

-- name: contradicted
-- The decisions by which two are kept apart who are one person all the same, over others.
select d.position, d.subject, d.other, d.patient, d.other_patient, d.version, d.state, d.evidence, d.rule, d.reason,
       d.program, d.decided_by, d.facility, d.recorded_at
from (
    select apart as position from links.pair where together and apart > %(after)b order by apart limit %(limit)b
) p join links.decision d using (position) order by position;

-- name: apart
-- The decisions by which any two of the subjects are kept apart, in order.
select d.position, d.subject, d.other, d.patient, d.other_patient, d.version, d.state, d.evidence, d.rule, d.reason,
       d.program, d.decided_by, d.facility, d.recorded_at
from links.pair p join links.decision d on d.position = p.apart
where p.subject = any(%(subjects)b::uuid[]) and p.other = any(%(subjects)b::uuid[]) order by d.position;

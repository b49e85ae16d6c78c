-- What is new about people whose charts are open.

-- name: stated
-- Facts about some subjects after a position and up to another, in order; without their content once those before fill
-- the room. It goes along the positions, not along the subjects: what is looked at is what was stated by anybody.
select notification_id, subject,
       case when sum(octet_length(state)) over (order by notification_id) <= %(room)b::bigint then state end
from record.facts
where notification_id > %(after)b::bigint and notification_id <= %(upto)b::bigint
  and subject = any(%(subjects)b::uuid[])
order by notification_id;

-- name: linked
-- Decisions of these kinds about pairs to which one of the subjects belongs, in the same way.
select position, subject, other from links.decision
where position > %(after)b::bigint and position <= %(upto)b::bigint and state = any(%(states)b::text[])
  and (subject = any(%(subjects)b::uuid[]) or other = any(%(subjects)b::uuid[]))
order by position;

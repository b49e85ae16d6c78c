-- name: read
-- Facts after a position, in order.
select f.notification_id, f.transaction, f.size, f.subject, f.subject_sequence, f.originator_id,
       f.originator_version, f.last_updated, f.topic, f.state
from record.facts f where f.notification_id > %(after)b order by f.notification_id limit %(limit)b;

-- name: rest
-- The rest of a flush that was read in part.
select f.notification_id, f.transaction, f.size, f.subject, f.subject_sequence, f.originator_id,
       f.originator_version, f.last_updated, f.topic, f.state
from record.facts f where f.notification_id > %(after)b and f.notification_id <= %(end)b
order by f.notification_id;

-- name: end
-- The last position.
select coalesce(max(notification_id), 0) from record.facts;

-- name: read
-- Facts after a position, in order: of the next so many those whose flushes have so many bytes together, at
-- least the first flush. Bytes are counted first and by themselves: a state that is stored apart is not read
-- for its length, and a window over whole rows costs more than going along the index twice.
select f.notification_id, f.transaction, f.size, f.subject, f.subject_sequence, f.originator_id,
       f.originator_version, f.last_updated, f.topic, f.state
from record.facts f
where f.notification_id > %(after)b and f.notification_id <= (
    select max(counted.notification_id)
    from (select n.notification_id, n.transaction,
                 sum(octet_length(n.state)) over (order by n.transaction) as bytes
          from (select notification_id, transaction, state from record.facts
                where notification_id > %(after)b order by notification_id limit %(limit)b) n) counted
    where counted.bytes <= %(bytes)b or counted.transaction - 1 <= %(after)b)
order by f.notification_id;

-- name: rest
-- The rest of a flush that was read in part.
select f.notification_id, f.transaction, f.size, f.subject, f.subject_sequence, f.originator_id,
       f.originator_version, f.last_updated, f.topic, f.state
from record.facts f where f.notification_id > %(after)b and f.notification_id <= %(end)b
order by f.notification_id;

-- name: these
-- Facts at some positions.
select f.notification_id, f.transaction, f.size, f.subject, f.subject_sequence, f.originator_id,
       f.originator_version, f.last_updated, f.topic, f.state
from record.facts f where f.notification_id = any(%(positions)b);

-- name: end
-- The last position.
select coalesce(max(notification_id), 0) from record.facts;

-- name: keep_by_kafka
-- Where there is a row, `record.append` waits for the tails of store and log to be compared.
insert into record.relay (compared, position, trouble, told_at) values (null, 0, null, clock_timestamp())
on conflict do nothing;

-- name: keep_by_record
-- Without the row there is nothing to wait for.
delete from record.relay;

-- name: lazily
-- What is told is no fact, and may be lost with the database.
set synchronous_commit to off;

-- name: incarnation
-- Which record this is now: see schema.sql.
select record.incarnation();

-- name: agree
-- The tails of store and log agree, or the log lacks the newest facts: writing may go on, if it still is the record that
-- was compared. Gives whether it is.
update record.relay set compared = case when record.incarnation() = %(seen)s then %(seen)s else compared end
returning record.incarnation() = %(seen)s;

-- name: disagree
-- The log has what the store has not: whatever would be written now would be of another order.
update record.relay set compared = null, trouble = %(trouble)s, told_at = clock_timestamp() returning false;

-- name: tell
-- How far the log is; null where it is not known. Gives whether what was compared still counts. Servers hear when
-- trouble begins or ends.
with before as (
    select trouble is null and told_at > clock_timestamp() - interval '10 seconds' as works from record.relay
),
told as (
    update record.relay
    set position = coalesce(%(position)s, position), trouble = %(trouble)s, told_at = clock_timestamp()
    returning compared is not distinct from record.incarnation() as counts
)
select told.counts,
       case when before.works is distinct from (%(trouble)s::text is null) then pg_notify('views', 'log changed') end
from told, before;

-- name: standing
-- What the relay last told of itself, whether writing may go on, and how many seconds ago the first fact was recorded
-- that waits for the relay.
select r.position, r.trouble, extract(epoch from clock_timestamp() - r.told_at)::float8,
       r.compared is not distinct from record.incarnation(),
       coalesce((select greatest(extract(epoch from clock_timestamp() - f.last_updated), 0)::float8
                 from record.facts f where f.notification_id = r.position + 1), 0)
from record.relay r;

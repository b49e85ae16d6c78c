-- name: take
-- One relay a store: whoever holds this lock. It goes with the connection.
select pg_try_advisory_lock(hashtext('record.relay'));

-- name: dismiss
-- Ends the connection of a relay that holds the lock and has not been heard of for so long.
select count(pg_terminate_backend(l.pid)) from pg_locks l
where l.locktype = 'advisory' and l.granted and l.database = (select oid from pg_database where datname = current_database())
  and l.classid = (case when hashtext('record.relay') < 0 then 4294967295 else 0 end)::oid
  and l.objid = (hashtext('record.relay')::bigint & 4294967295)::oid and l.objsubid = 1
  and exists (select from record.relay r where r.told_at < clock_timestamp() - %(seconds)s * interval '1 second');

-- name: agree
-- The tails of store and log agree, or the log lacks the newest facts: writing may go on.
insert into record.relay (compared, position, trouble, told_at)
values (record.incarnation(), %(position)s, null, clock_timestamp())
on conflict (the_one) do update set compared = excluded.compared, position = excluded.position, trouble = null, told_at = excluded.told_at;

-- name: disagree
-- The log has what the store has not: whatever would be written now would be of another order.
insert into record.relay (compared, position, trouble, told_at) values (null, 0, %(trouble)s, clock_timestamp())
on conflict (the_one) do update set compared = null, trouble = excluded.trouble, told_at = excluded.told_at;

-- name: tell
-- How far the log is; null where it is not known.
insert into record.relay (compared, position, trouble, told_at)
values (null, coalesce(%(position)s, 0), %(trouble)s, clock_timestamp())
on conflict (the_one) do update
set position = coalesce(%(position)s, relay.position), trouble = excluded.trouble, told_at = excluded.told_at;

-- name: standing
-- What the relay last told of itself, and whether writing may go on.
select r.position, r.trouble, extract(epoch from clock_timestamp() - r.told_at)::float8,
       r.compared is not distinct from record.incarnation()
from record.relay r;

-- name: heads
-- Current versions of resources.
select h.type, h.id, h.stream, h.subject, h.version, h.deleted, h.digest
from unnest(%(types)b::text[], %(ids)b::text[]) k(type, id) join record.heads h using (type, id);

-- name: matches
-- Ids that bear an identifier, for each condition in order; system null means any.
select (select coalesce(array_agg(distinct c.id order by c.id), '{}') from record.claims c
        where c.type = m.type and c.value = m.value and (m.system is null or c.system = m.system))
from unnest(%(types)b::text[], %(systems)b::text[], %(values)b::text[]) with ordinality m(type, system, value, n)
order by n;

-- name: answers
-- Answers kept under idempotency keys.
select a.client, a.key, a.request_hash, a.entries, a.position, f.last_updated
from unnest(%(clients)b::text[], %(keys)b::text[]) k(client, key)
join record.answers a using (client, key) left join record.facts f on f.notification_id = a.position;

-- name: streams
-- All facts of streams, each in its order.
select originator_id, notification_id, state from record.facts
where originator_id = any(%(streams)b::uuid[]) order by originator_id, originator_version;

-- name: facts
-- One fact of a stream by its place, for each in order; null where there is none.
select f.state from unnest(%(streams)b::uuid[], %(versions)b::bigint[]) with ordinality m(stream, version, n)
left join record.facts f on f.originator_id = m.stream and f.originator_version = m.version order by n;

-- name: flush
-- What a flush whose outcome was lost came to.
select verdicts, ends, last_updated from record.flushes where flush_id = %(flush_id)b;

-- name: fence
-- Makes sure that a flush that has not been committed never will be.
-- Waits for the append lock, so a lost transaction that still holds or awaits it ends first.
with locked as materialized (select pg_advisory_xact_lock(hashtext('record.append')))
insert into record.flushes select %(flush_id)b, clock_timestamp(), '{}', '{}', null from locked
on conflict do nothing returning flush_id;

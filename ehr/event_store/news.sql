-- What was stated since a position, for conditions that are searches.

-- name: lock
-- Nobody appends until the transaction ends (append.sql takes the same lock again).
select pg_advisory_xact_lock(hashtext('record.append'));

-- name: news
-- Facts after a position that may be about resources of some types, where the record ends, and how many facts and
-- bytes that takes; facts are read only where neither is too much. A fact names the types of its resources as they
-- are (MessagePack), so one without the name has none of the type; one that is found may still have none.
select since.last, since.facts, since.bytes, news.state
from (
    select coalesce(max(f.notification_id), %(after)b::bigint) as last, count(*) as facts,
           coalesce(sum(octet_length(f.state)), 0)::bigint as bytes
    from record.facts f where f.notification_id > %(after)b
) since
left join lateral (
    select f.notification_id, f.state from record.facts f
    where since.facts <= %(most_facts)b and since.bytes <= %(most_bytes)b and f.notification_id > %(after)b
      and exists (select from unnest(%(types)b::bytea[]) t(name) where position(t.name in f.state) > 0)
) news on true
order by news.notification_id;

-- What append.sql keeps beside the facts, from the facts alone. Tables without a schema are the record's own
-- while it is restored (`into_record`), or temporary ones beside it (`make_beside`).

-- name: into_record
-- Until the transaction ends, tables without a schema are the record's.
set local search_path to record, pg_catalog;

-- name: lock
-- Nobody appends until the transaction ends (append.sql).
select pg_advisory_xact_lock(hashtext('record.append'));

-- name: last
-- Where the record ends.
select notification_id, last_updated from record.facts order by notification_id desc limit 1;

-- name: facts
-- Facts where they were.
insert into record.facts
    (notification_id, transaction, size, subject, subject_sequence, originator_id, originator_version, last_updated,
     topic, state)
select * from unnest(%b::bigint[], %b::bigint[], %b::integer[], %b::uuid[], %b::bigint[], %b::uuid[], %b::bigint[],
                     %b::timestamptz[], %b::text[], %b::bytea[]);

-- name: announce
-- Whoever follows the record hears of it, as of what is appended.
select pg_notify('record', %(position)s::text);

-- name: sequences
-- How many facts these subjects have so far.
select subject, sequence from subjects where subject = any(%(subjects)b);

-- name: stream_versions
-- How many facts these streams have before a position.
select s.stream, e.originator_version
from unnest(%(streams)b::uuid[]) s(stream) cross join lateral (
    select f.originator_version from record.facts f
    where f.originator_id = s.stream and f.notification_id < %(position)b
    order by f.originator_version desc limit 1) e;

-- name: heads
-- The last version of each resource.
insert into heads as c
select * from unnest(%b::text[], %b::text[], %b::uuid[], %b::uuid[], %b::integer[], %b::boolean[], %b::bytea[])
on conflict (type, id) do update
set stream = excluded.stream, subject = excluded.subject, version = excluded.version,
    deleted = excluded.deleted, digest = excluded.digest;

-- name: drop_claims
-- A new version makes its claims anew.
delete from claims c using unnest(%b::text[], %b::text[]) h(type, id) where c.type = h.type and c.id = h.id;

-- name: claims
-- What resources claim in their last version.
insert into claims select * from unnest(%b::text[], %b::text[], %b::text[], %b::text[]) on conflict do nothing;

-- name: subjects
-- How many facts each subject has.
insert into subjects as s select * from unnest(%b::uuid[], %b::bigint[])
on conflict (subject) do update set sequence = excluded.sequence;

-- name: answers
-- What was answered under a key; one that was forgotten after 30 days may have been used again.
insert into answers as a
select * from unnest(%b::text[], %b::text[], %b::bytea[], %b::bytea[], %b::bigint[], %b::timestamptz[])
on conflict (client, key) do update
set request_hash = excluded.request_hash, entries = excluded.entries, position = excluded.position,
    answered_at = excluded.answered_at;

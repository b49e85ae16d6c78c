-- The record: facts in one order, and what the next decision needs to know of them.
-- Positions (facts.notification_id) are contiguous from 1 and become visible in order, because they are
-- given under one lock that is held until commit (append.sql).

create schema record;

-- What was stated. The first five columns are those of eventsourcing's application recorder.
create table record.facts (
    originator_id uuid not null,         -- stream
    originator_version bigint not null,  -- place in the stream, contiguous from 1
    topic text not null,                 -- type of the fact
    state bytea not null,                -- the encoded fact
    notification_id bigint not null,     -- position
    subject uuid not null,
    subject_sequence bigint not null,    -- place among the subject's facts, contiguous from 1
    transaction bigint not null,         -- position of the first fact of the flush
    size integer not null,               -- number of facts in the flush
    last_updated timestamptz not null,   -- one for the flush, rising by at least 1 ms from flush to flush
    primary key (originator_id, originator_version),
    check (octet_length(state) <= 9437184)  -- 9 MiB: a larger one could not be sent on the log
);
alter table record.facts alter column state set storage external;  -- already compressed
create unique index facts_notification_id_idx on record.facts (notification_id);

-- eventsourcing's recorder sends generic events in this shape.
create type record.stored_event_uuid as (originator_id uuid, originator_version bigint, topic text, state bytea);

-- The current version of every resource that was ever stated.
create table record.heads (
    type text not null,
    id text not null,
    stream uuid not null,
    subject uuid not null,
    version integer not null,
    deleted boolean not null,
    digest bytea not null,               -- BLAKE2b-128 of the body: an equal body is no new version
    primary key (type, id)
);

-- Which resources bear an identifier now. system is '' where the identifier has none.
create table record.claims (
    type text not null,
    id text not null,
    system text not null,
    value text not null,
    primary key (type, value, system, id)
);
create index claims_of_resource on record.claims (type, id);

-- How many facts each subject has.
create table record.subjects (
    subject uuid primary key,
    sequence bigint not null
) with (fillfactor = 80);

-- Every flush that was committed, so that an unknown outcome can be found out and fenced.
create table record.flushes (
    flush_id uuid primary key,
    flushed_at timestamptz not null,
    verdicts smallint[] not null,        -- for each request: 0 stored, 1 stale, 2 repeated key
    ends bigint[] not null,              -- where the request can be read: the end of the flush, 0 without a fact
    last_updated timestamptz
);
create index flushes_flushed_at on record.flushes (flushed_at);

-- What was answered to requests with an Idempotency-Key, for 30 days.
create table record.answers (
    client text not null,
    key text not null,
    request_hash bytea not null,
    entries bytea not null,              -- MessagePack: [(status, type, id, version), …]
    position bigint not null,
    answered_at timestamptz not null,
    primary key (client, key)
);
create index answers_answered_at on record.answers (answered_at);

-- What the relay tells of itself: one row, none where the record keeps its log itself.
create table record.relay (
    the_one boolean primary key default true check (the_one),
    compared text,                       -- record.incarnation() when the log was last found to have no more than the store
    position bigint not null,            -- the last fact that the log has confirmed
    trouble text,                        -- what keeps the relay; null when nothing does
    told_at timestamptz not null
);

-- Changes when the database is started, when it is copied, and when the record is restored into another place:
-- whatever was known about it before may then be about another past. The same in sessions of every time zone.
create function record.incarnation() returns text stable language sql as $$
    select concat_ws(' ', extract(epoch from pg_postmaster_start_time()), d.oid, 'record.facts'::regclass::oid)
    from pg_database d where d.datname = current_database()
$$;

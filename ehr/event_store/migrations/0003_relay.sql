-- Kafka keeps a copy of the record: nothing is appended before it is known to be no further than the store.

-- No flush is under way meanwhile. Its lock comes first here as it does there, or each would wait for the other.
select pg_advisory_xact_lock(hashtext('record.append'));

-- What the relay tells of itself: one row, none where the record keeps its log itself.
create table record.relay (
    the_one boolean primary key default true check (the_one),
    compared text,                       -- record.incarnation() when the log was last found to have no more than the store
    position bigint not null,            -- the last fact that the log has confirmed
    trouble text,                        -- what keeps the relay; null when nothing does
    told_at timestamptz not null
);

-- Changes when the database is started, when it is copied, and when the record is restored into another place:
-- whatever was known about it before may then be about another past.
create function record.incarnation() returns text stable language sql as $$
    select concat_ws(' ', pg_postmaster_start_time(), d.oid, 'record.facts'::regclass::oid)
    from pg_database d where d.datname = current_database()
$$;

-- What was answered can be told from the facts alone: when, and where it can be read.
update record.answers a set position = f.transaction + f.size - 1, answered_at = f.last_updated
from record.facts f where f.notification_id = a.position;

-- The one way into the record: decides a flush of requests and writes what stands, in a single statement.
--
-- Each request brings assertions (versions of heads, exact id sets of claims); a request one of whose
-- assertions fails is left out as stale, its neighbours are not affected. Two requests of one flush never
-- write the same head, and none asserts what another writes: the caller sees to that.
-- Arrays of one prefix belong together; *_request counts the flush's requests from 0.

create or replace function record.append(
    the_flush_id uuid,
    requests integer,
    key_request integer[], key_client text[], key_key text[], key_hash bytea[], key_entries bytea[],
    fact_request integer[], fact_stream uuid[], fact_topic text[], fact_state bytea[], fact_subject uuid[],
    fact_version bigint[],  -- expected place in the stream, or null to append wherever it ends
    head_request integer[], head_type text[], head_id text[], head_stream uuid[], head_subject uuid[],
    head_version integer[], head_deleted boolean[], head_digest bytea[],
    assert_request integer[], assert_type text[], assert_id text[], assert_version integer[],
    match_request integer[], match_type text[], match_system text[], match_value text[], match_ids text[],
    claim_request integer[], claim_type text[], claim_id text[], claim_system text[], claim_value text[],
    out verdicts smallint[], out ends bigint[], out last_updated timestamptz
) language plpgsql as $$
declare
    base bigint;
    stale integer[];
    repeated integer[];
    size integer;
begin
    -- Held until commit: whoever appends next sees all of this flush, so positions have neither gaps nor
    -- a reader that sees the later before the earlier.
    perform pg_advisory_xact_lock(hashtext('record.append'));
    if exists (select from record.relay r where r.compared is distinct from record.incarnation()) then
        raise exception 'the tails of store and log have not been compared' using errcode = 'EH001';
    end if;
    insert into record.flushes values (the_flush_id, clock_timestamp(), '{}', '{}', null);

    select f.notification_id, f.last_updated into base, last_updated
        from record.facts f order by f.notification_id desc limit 1;
    base := coalesce(base, 0);
    last_updated := greatest(date_trunc('milliseconds', clock_timestamp()),
                             coalesce(last_updated, '-infinity') + interval '1 millisecond');

    repeated := array(
        select k.request from unnest(key_request, key_client, key_key) k(request, client, key)
        join record.answers a using (client, key));
    stale := array(
        select h.request
            from unnest(head_request || assert_request, head_type || assert_type, head_id || assert_id,
                        array(select v - 1 from unnest(head_version) v) || assert_version)
                 h(request, type, id, version)
            left join record.heads c on c.type = h.type and c.id = h.id
            where coalesce(c.version, 0) <> h.version
        union all
        select m.request
            from unnest(match_request, match_type, match_system, match_value, match_ids)
                 m(request, type, system, value, ids)
            where m.ids <> coalesce((
                select string_agg(distinct c.id, ' ' order by c.id) from record.claims c
                where c.type = m.type and c.value = m.value and (m.system is null or c.system = m.system)), '')
        union all
        select f.request
            from (select u.*, row_number() over (partition by u.stream order by u.ordinal) as nth
                  from unnest(fact_request, fact_stream, fact_version)
                       with ordinality u(request, stream, version, ordinal)
                  where u.version is not null) f
            where f.version <> f.nth + coalesce((
                select max(e.originator_version) from record.facts e where e.originator_id = f.stream), 0));

    select array_agg(case when n = any(repeated) then 2 when n = any(stale) then 1 else 0 end::smallint order by n)
        into verdicts from generate_series(0, requests - 1) n;

    with fact as materialized (
        select f.*, row_number() over (order by f.ordinal) as index
        from unnest(fact_request, fact_stream, fact_topic, fact_state, fact_subject)
            with ordinality f(request, stream, topic, state, subject, ordinal)
        where verdicts[f.request + 1] = 0
    ), counted as (
        insert into record.subjects as s select subject, count(*) from fact group by subject order by subject
        on conflict (subject) do update set sequence = s.sequence + excluded.sequence
        returning subject, sequence
    ), written as (
        insert into record.facts
        select f.stream,
               coalesce((select max(e.originator_version) from record.facts e where e.originator_id = f.stream), 0)
                   + row_number() over (partition by f.stream order by f.index),
               f.topic, f.state, base + f.index, f.subject,
               c.sequence - count(*) over (partition by f.subject)
                   + row_number() over (partition by f.subject order by f.index),
               base + 1, (select count(*) from fact), append.last_updated
        from fact f join counted c using (subject)
        order by f.index
        returning notification_id
    )
    -- A flush becomes visible whole: where it ends, each of its requests can be read.
    select (select count(*) from written),
           array_agg(case when n in (select request from fact) then base + (select count(*) from fact) else 0 end
                     order by n)
        into size, ends
        from generate_series(0, requests - 1) n;

    insert into record.heads as c
        select h.type, h.id, h.stream, h.subject, h.version, h.deleted, h.digest
        from unnest(head_request, head_type, head_id, head_stream, head_subject, head_version, head_deleted, head_digest)
             h(request, type, id, stream, subject, version, deleted, digest)
        where verdicts[h.request + 1] = 0
        on conflict (type, id) do update
        set stream = excluded.stream, subject = excluded.subject, version = excluded.version,
            deleted = excluded.deleted, digest = excluded.digest;

    if exists (select from unnest(head_version) v where v > 1) then
        delete from record.claims c
            using unnest(head_request, head_type, head_id, head_version) h(request, type, id, version)
            where c.type = h.type and c.id = h.id and h.version > 1 and verdicts[h.request + 1] = 0;
    end if;
    insert into record.claims
        select distinct c.type, c.id, c.system, c.value
        from unnest(claim_request, claim_type, claim_id, claim_system, claim_value) c(request, type, id, system, value)
        where verdicts[c.request + 1] = 0
        on conflict do nothing;

    insert into record.answers
        select k.client, k.key, k.hash, k.entries, ends[k.request + 1], append.last_updated
        from unnest(key_request, key_client, key_key, key_hash, key_entries) k(request, client, key, hash, entries)
        where verdicts[k.request + 1] = 0;

    update record.flushes f set verdicts = append.verdicts, ends = append.ends, last_updated = append.last_updated
        where f.flush_id = the_flush_id;
    perform pg_notify('record', (base + size)::text) where size > 0;
end $$;

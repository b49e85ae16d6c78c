-- A moment is another text in a session of another time zone: there, what was compared did not count.

-- Nothing is appended meanwhile.
select pg_advisory_xact_lock(hashtext('record.append'));

-- A relay at work goes on: what it has compared still counts.
update record.relay set compared = 'until now' where compared = record.incarnation();

create or replace function record.incarnation() returns text stable language sql as $$
    select concat_ws(' ', extract(epoch from pg_postmaster_start_time()), d.oid, 'record.facts'::regclass::oid)
    from pg_database d where d.datname = current_database()
$$;

update record.relay set compared = record.incarnation() where compared = 'until now';

-- name: sheets
-- What streams have left so far.
select s.subject, s.stream, s.entries
from unnest(%(subjects)b::uuid[], %(streams)b::uuid[]) k(subject, stream)
join sheet s using (subject, stream);

-- name: put_sheets
-- New sheets, and changed ones whole; also those on which nothing is left.
insert into sheet (subject, stream, entries, digest)
select * from unnest(%(subjects)b::uuid[], %(streams)b::uuid[], %(entries)b::bytea[], %(digests)b::bytea[])
on conflict (subject, stream) do update set entries = excluded.entries, digest = excluded.digest;

-- name: list
-- Newest names.
insert into directory (reference, name, code, refers_to)
select * from unnest(%(references)b::text[], %(names)b::text[], %(codes)b::text[], %(refers_to)b::text[])
on conflict (reference) do update
set name = excluded.name, code = excluded.code, refers_to = excluded.refers_to;

-- name: delist
-- Those who are no longer stated.
delete from directory where reference = any(%(references)b::text[]);

-- name: progress
-- The view shows what was recorded until then; facts of a citizen who was parked come late.
insert into progress (last_updated) values (%(last_updated)s)
on conflict (one) do update set last_updated = greatest(progress.last_updated, excluded.last_updated);

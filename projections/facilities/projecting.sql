-- name: add_facilities
-- What a batch adds to each facility.
insert into facility as f (facility, first_recorded, last_recorded, facts, resources)
select * from unnest(
    %(facilities)b::text[], %(first)b::timestamptz[], %(last)b::timestamptz[],
    %(facts)b::bigint[], %(resources)b::bigint[]
)
on conflict (facility) do update set
    first_recorded = least(f.first_recorded, excluded.first_recorded),
    last_recorded = greatest(f.last_recorded, excluded.last_recorded),
    facts = f.facts + excluded.facts,
    resources = f.resources + excluded.resources;

-- name: add_lags
-- What a batch adds to the lags.
insert into lag as l (facility, bucket, facts, seconds, longest)
select * from unnest(
    %(facilities)b::text[], %(buckets)b::smallint[], %(facts)b::bigint[], %(seconds)b::bigint[], %(longest)b::bigint[]
)
on conflict (facility, bucket) do update set
    facts = l.facts + excluded.facts,
    seconds = l.seconds + excluded.seconds,
    longest = greatest(l.longest, excluded.longest);

-- name: add_volumes
-- What a batch adds to the volumes.
insert into volume as v (facility, day, kind, resources)
select * from unnest(%(facilities)b::text[], %(days)b::date[], %(kinds)b::text[], %(resources)b::bigint[])
on conflict (day, facility, kind) do update set resources = v.resources + excluded.resources;

-- name: forget_organizations
-- Organizations that get another version.
with gone as (delete from organization where id = any(%(ids)b::text[]))
delete from organization_code where id = any(%(ids)b::text[]);

-- name: add_organizations
-- The newest versions.
insert into organization (id, name, commune)
select * from unnest(%(ids)b::text[], %(names)b::text[], %(communes)b::text[]);

-- name: add_organization_codes
-- And their identifiers.
insert into organization_code (id, system, code)
select * from unnest(%(ids)b::text[], %(systems)b::text[], %(codes)b::text[]);

-- One generation of the health records.

-- What one stream (an encounter with the resources recorded in it, or a resource alone) says about one person; also
-- where nothing is left of it, so that every stream is known that has ever said anything about them.
create table sheet (
    subject uuid not null,
    stream uuid not null,
    entries bytea not null,             -- zstandard frame of a MessagePack array of entries
    digest bytea not null,              -- of the entries before compression
    primary key (subject, stream)
);
alter table sheet alter column entries set storage external;

-- Names of facilities, practitioners and medicines, for references that state none.
create table directory (
    reference text primary key,         -- Type/id
    name text,
    code text,                          -- of a facility
    refers_to text                      -- Type/id of the one whose name it bears
);
create index directory_code on directory (code) where code is not null;

-- When the last projected fact was recorded; at most one row.
create table progress (
    one boolean primary key default true check (one),
    last_updated timestamptz not null
) with (fillfactor = 20);

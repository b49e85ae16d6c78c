-- What is known about the views themselves. Their rows live in schemas of their own (generations.py).

create schema views;

-- Each generation of each view, and how far it has come.
create table views.generations (
    view text not null,
    generation integer not null,
    code_version integer not null,
    state text not null check (state in ('building', 'serving', 'retired')),
    position bigint not null default 0,
    releases integer not null default 0,  -- how often parked citizens were released
    primary key (view, generation)
) with (fillfactor = 50);
create unique index one_serving on views.generations (view) where state = 'serving';

-- Citizens whose facts wait, in order, because one of them could not be projected.
create table views.parked (
    view text not null,
    generation integer not null,
    subject uuid not null,
    since_position bigint not null,
    reason text not null,               -- kind of the error; never a value from the fact
    primary key (view, generation, subject)
);

-- Records of the log that cannot be decoded.
create table views.quarantined (
    view text not null,
    generation integer not null,
    position bigint not null,
    subject uuid not null,
    reason text not null,
    primary key (view, generation, position)
);

-- What searches have found, in order, for those who walk through it as it was.
create unlogged table views.snapshots (
    id uuid primary key,
    made timestamptz not null,
    pks bigint[] not null,
    size integer not null generated always as (cardinality(pks)) stored
);
create index snapshots_by_age on views.snapshots (made);

-- How far linking has come along the log: one row, none before it was first at work.
create table views.linking (
    the_one boolean primary key default true check (the_one),
    position bigint not null
);

-- Citizens who were registered or amended while a view left something out that it takes to judge them.
create table views.linking_waits (
    subject uuid primary key,
    position bigint not null             -- of the fact for which they are to be judged
);

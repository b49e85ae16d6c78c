-- What searches have found, in order, for those who walk through it as it was.
create unlogged table views.snapshots (
    id uuid primary key,
    made timestamptz not null,
    pks bigint[] not null
);
create index snapshots_by_age on views.snapshots (made);

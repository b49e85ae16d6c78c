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

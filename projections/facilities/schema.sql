-- One generation of the facilities that send.

-- What each facility has stated. facility is a code, Organization/id, or 'unknown'.
create table facility (
    facility text primary key,
    organization text,                   -- id of the Organization that it is, where that is known
    first_recorded timestamptz not null,
    last_recorded timestamptz not null,
    facts bigint not null,
    resources bigint not null,
    timed bigint not null,               -- facts that have a lag, and the sum of their lags
    seconds bigint not null,
    usual_gap integer,                   -- hours; null: not known. rhythm.py says of what
    silent_from timestamptz              -- from then on it is silent for longer, unless it sends again
) with (fillfactor = 70);
create index facility_organization on facility (organization);

-- How late new facts arrive: seconds from when it was done until it was recorded (lags.py says of which facts).
create table lag (
    facility text not null,
    bucket smallint not null,            -- place in lags.LIMITS, or AHEAD, or UNTIMED
    facts bigint not null,
    seconds bigint not null,             -- their sum
    longest bigint not null,
    primary key (facility, bucket)
) with (fillfactor = 70);

-- What each facility has stated on a day in Vietnam, by when it was recorded.
create table daily (
    facility text not null,
    day date not null,
    hours integer not null,              -- bit n: something was recorded from n to n + 1 o'clock
    resources bigint not null,           -- versions
    encounters bigint not null,          -- those of Encounters among them
    timed bigint not null,               -- facts that have a lag, and the sum of their lags
    seconds bigint not null,
    primary key (facility, day)
) with (fillfactor = 70);

-- The same of all facilities together.
create table total (
    day date primary key,
    resources bigint not null,
    encounters bigint not null,
    timed bigint not null,
    seconds bigint not null
) with (fillfactor = 70);

-- Organizations, for the names of facilities.
create table organization (
    id text primary key,
    name text,
    folded text,                         -- the name as names are put in order
    commune text                         -- code of the commune where it lies
);

-- Their identifiers: what facilities call themselves.
create table organization_code (
    id text not null,
    system text not null,
    code text not null
);
create index organization_code_id on organization_code (id);
create index organization_code_code on organization_code (code);

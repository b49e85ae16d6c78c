-- One generation of the facilities that send.

-- What each facility has stated. facility is a code, Organization/id, or 'unknown'.
create table facility (
    facility text primary key,
    first_recorded timestamptz not null,
    last_recorded timestamptz not null,
    facts bigint not null,
    resources bigint not null
) with (fillfactor = 70);

-- How late new facts arrive: seconds from when it was done until it was recorded (lags.py says of which facts).
create table lag (
    facility text not null,
    bucket smallint not null,            -- place in lags.LIMITS, or AHEAD, or UNTIMED
    facts bigint not null,
    seconds bigint not null,             -- their sum
    longest bigint not null,
    primary key (facility, bucket)
) with (fillfactor = 70);

-- Resource versions stated, by the day of recording in Vietnam and the FHIR type.
create table volume (
    facility text not null,
    day date not null,
    kind text not null,
    resources bigint not null,
    primary key (day, facility, kind)
) with (fillfactor = 70);

-- Organizations, for the names of facilities.
create table organization (
    id text primary key,
    name text,
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

-- One generation of the FHIR resources.

-- The newest version of every resource; a deleted one stays as an empty row, so that it can be told from one
-- that never was.
create table current (
    pk bigint not null,                  -- where it was first stated: position * 2^20 + place in the fact
    type text not null,
    id text not null,
    version integer not null,
    position bigint not null,            -- where it became valid
    last_updated timestamptz not null,
    deleted boolean not null,
    subject uuid not null,
    starts timestamptz,                  -- beginning of the resource's main date
    splice integer not null,
    body bytea not null,                 -- zstandard frame of the resource as received
    primary key (type, id)
) with (fillfactor = 90);
alter table current alter column body set storage external;
create unique index current_pk on current (pk);
create index current_by_time on current (type, last_updated, pk) where not deleted;
create index current_deleted on current (type, last_updated, pk) where deleted;
create index current_deleted_of on current (subject, position) where deleted;

-- Former versions.
create table past (
    pk bigint not null,                  -- that of the current version
    type text not null,
    id text not null,
    version integer not null,
    position bigint not null,            -- where it became valid
    until bigint not null,               -- where the next version did
    last_updated timestamptz not null,
    deleted boolean not null,
    subject uuid not null,
    splice integer not null,
    body bytea not null,
    primary key (type, id, version)
);
alter table past alter column body set storage external;
create index past_by_time on past (type, last_updated, pk, version);

-- Identifiers of current resources; system is '' where there is none.
create table identifier (
    type text not null,
    value text not null,
    system text not null,
    pk bigint not null
);
create index identifier_value on identifier (type, value, system, pk);
create index identifier_pk on identifier (pk);

-- Patient compartments (https://hl7.org/fhir/R4/compartmentdefinition-patient.html): patient is the subject id
-- that belongs to the Patient's reference.
create table compartment (
    patient uuid not null,
    type text not null,
    starts timestamptz,
    pk bigint not null
);
create index compartment_patient on compartment (patient, type, starts, pk);
create index compartment_pk on compartment (pk);

-- The search index (projections/search): the current resources but for deleted ones, by what they are found by.

-- Values that are found by being equal, as terms; and the one date by which a clinician sorts, if it has any.
create table search (
    kind smallint not null,              -- type of resource, as a number
    pk bigint not null,
    self bigint not null,                -- hash of Type/id: what terms of references to it end with
    starts timestamptz,                  -- of the main date, as the search parameter says
    ends timestamptz,
    terms bigint[] not null,             -- in order
    primary key (pk)
) with (fillfactor = 90);
create unique index search_by_kind on search (kind, pk);
-- New rows wait in a list, to be taken into the index together: one by one, each unpacks and packs again what it
-- has of every common term. Every search reads the list, so it is the shortest that there is: 64 KB, some 200 rows.
create index search_terms on search using gin (terms) with (fastupdate = on, gin_pending_list_limit = 64);
create index search_by_date on search (kind, starts, pk);
create index search_self on search (self);

-- Terms of what a resource is about, in order of its main date: the newest of one code are read from here.
create table search_code (
    term bigint not null,
    starts timestamptz not null,
    pk bigint not null
);
create index search_code_by_date on search_code (term, starts, pk);
create index search_code_pk on search_code (pk);

-- Texts; exact is null for the rest of a name from one of its later words on.
create table search_string (
    number smallint not null,            -- of the parameter
    folded text collate "C" not null,
    exact text collate "C",
    pk bigint not null
);
create index search_string_folded on search_string (number, left(folded, 500), pk);
create index search_string_pk on search_string (pk);

-- Dates other than the main one.
create table search_date (
    number smallint not null,
    starts timestamptz not null,
    ends timestamptz not null,
    pk bigint not null
);
create index search_date_starts on search_date (number, starts, ends, pk);
create index search_date_pk on search_date (pk);

-- Numbers and quantities; units as hashes.
create table search_quantity (
    number smallint not null,
    low numeric not null,
    high numeric not null,
    code bigint,                         -- of the unit, or as it is printed
    unit bigint,                         -- of system and code
    pk bigint not null
);
create index search_quantity_low on search_quantity (number, code, low, pk);
create index search_quantity_pk on search_quantity (pk);

-- Parts of a resource that have several values which must be found together: a component's code and value.
create table search_part (
    number smallint not null,
    terms bigint[] not null,             -- in order
    low numeric,
    high numeric,
    code bigint,
    unit bigint,
    low2 numeric,                        -- of a second number
    high2 numeric,
    pk bigint not null
);
create index search_part_terms on search_part using gin (terms)
    with (fastupdate = on, gin_pending_list_limit = 64);
create index search_part_pk on search_part (pk);

-- Texts that stand for terms, of every version that ever was: displays of codes, addresses of profiles.
create table search_word (
    term bigint primary key,
    number smallint not null,
    text text collate "C" not null
);
create index search_word_number on search_word (number);

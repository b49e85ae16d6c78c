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

-- Former versions.
create table past (
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

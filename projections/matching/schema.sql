-- One generation of what is compared of Patients, and of the keys by which those are found that may be one person.

-- Every Patient that is not deleted.
create table person (
    subject uuid primary key,
    patient text not null,               -- Patient.id
    version integer not null,            -- of the Patient
    prepared bytea not null,             -- of the Patient alone (prepared.py)
    mothers bytea                        -- names of the mother that RelatedPersons say (prepared.py); null: none do
);

-- The same person's keys, each a hash of one of ehr.matching.blocking.
create table block_key (
    key bigint not null,
    subject uuid not null,
    primary key (key, subject)
);

-- RelatedPersons that name the mother. The Patient itself may not be there.
create table relative (
    subject uuid not null,
    id text not null,                    -- RelatedPerson.id
    mothers bytea not null,
    primary key (subject, id)
);

-- How many people are called so where they live: by the first name in use of each.
create table name_count (
    commune text collate "C" not null,   -- code of today's list; '' everywhere
    word text collate "C" not null,      -- folded; '' for people of whatever name
    part text collate "C" not null,      -- surname or given; '' for people of whatever name
    people integer not null,
    primary key (commune, word, part)
) with (fillfactor = 50);

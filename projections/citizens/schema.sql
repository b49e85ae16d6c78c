-- One generation of the citizens. subject is the key that all facts about a person share; one row of person
-- is one Patient resource that is not deleted. What is read by its index alone is vacuumed often: an index says
-- nothing of pages with new rows.

create table person (
    subject uuid primary key,
    id text not null,                    -- Patient.id
    name text not null,                  -- as one reads it; '' when none is stated
    sex text,                            -- male, female, other, unknown
    birth_date text,                     -- as stated, possibly partial
    born_from date,                      -- the first and the last day that it can mean
    born_until date,
    commune text,                        -- code, with its leading zeros
    commune_name text,
    province text,
    province_name text,
    address text,
    telephone text,
    deceased boolean not null,
    deceased_on text,                    -- as stated, possibly partial
    active boolean not null,
    communes text[] not null             -- codes of today's communes that the stated one is or became
);
create index person_id on person (id);

-- Identifiers of whatever kind. key: what is compared with what somebody types (numbers.py).
create table identifier (
    subject uuid not null,
    key text not null,
    system text not null,
    value text not null,
    use text,
    kind text,                           -- how it is counted, if it is (numbers.py)
    obtained text
);
create index identifier_key on identifier (key);
create index identifier_subject on identifier (subject);

-- Keys of the identifiers that former versions of a Patient had. They are never forgotten: whoever comes with a card
-- or a slip that was replaced since is still found.
create table former_number (
    key text not null,
    subject uuid not null,
    primary key (key, subject)
);

-- Telephones, as numbers.telephone_key gives them.
create table telephone (
    subject uuid not null,
    number text not null
);
create index telephone_number on telephone (number);
create index telephone_subject on telephone (subject);

-- Every name that a person has or had. spelled: its words as ehr.names.name_words gives them, blanks around
-- each. The days of birth repeat the person's: namesakes born in a year are found by the index alone.
create table person_name (
    subject uuid not null,
    name text not null,
    spelled text collate "C" not null,
    born_from date,
    born_until date
) with (autovacuum_vacuum_insert_scale_factor = 0.02);
create index person_name_spelled on person_name (spelled, born_from) include (born_until, subject);
create index person_name_subject on person_name (subject);

-- Where a name is known: at facilities where its bearer was seen (place: f and the facility), and in today's
-- communes where its bearer lives (c and the code). Of thousands of namesakes those come first, and the others
-- need not be read for it.
create table known_at (
    place text collate "C" not null,
    spelled text collate "C" not null,
    born_from date,
    born_until date,
    subject uuid not null,
    primary key (place, spelled, subject) include (born_from, born_until)
) with (autovacuum_vacuum_insert_scale_factor = 0.02);
create index known_at_subject on known_at (subject);

-- Which names hold a word, or two words (words.py): one row for each of each distinct name that somebody bears.
-- word and folded are without accents. Many people share a name, so this grows far slower than they do.
create table name_word (
    word text collate "C" not null,
    spelled text collate "C" not null,
    folded text collate "C" not null,
    primary key (word, spelled) include (folded)
) with (autovacuum_vacuum_insert_scale_factor = 0.02);

-- In how many names of name_word a word is, or two words: a search starts from what fewest hold.
create table known_word (
    word text collate "C" primary key,
    names integer not null
) with (fillfactor = 50);

-- Encounters, for where and when a person was seen last. facility: see projections/facilities.
create table visit (
    subject uuid not null,
    encounter text not null,
    starts timestamptz,
    started text,                        -- as stated, possibly partial
    facility text,
    primary key (subject, encounter)
);
create index visit_latest on visit (subject, starts desc nulls last) include (facility);

-- How many Patients there are, by the commune where they live today ('' where it is not known): what is registered,
-- in-use (of them) and seen (of those, with an Encounter); how many numbers, by their kind: what is how they were
-- obtained. Kept as what each batch changes, for nobody could count a province while a page waits.
create table tally (
    what text not null,
    which text not null,
    number bigint not null,
    primary key (what, which)
) with (fillfactor = 50);

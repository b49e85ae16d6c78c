-- One generation of what was decided about pairs of Patients, and of whom that makes one person.

-- Every decision.
create table decision (
    position bigint primary key,
    subject uuid not null,               -- of `patient`, the smaller of the two
    other uuid not null,
    patient text not null,
    other_patient text not null,
    version bigint not null,             -- place among the decisions about the pair
    state text not null,                 -- what it made of the pair: ehr.linking.State
    evidence jsonb not null,             -- [[field, level, bits], …]
    rule text,                           -- null: a person decided
    reason text,
    program text not null,
    decided_by text,
    facility text,
    recorded_at timestamptz not null
);
create index decision_pair on decision (subject, other, position);

-- How it stands with every pair about which something was decided.
create table pair (
    subject uuid not null,
    other uuid not null,
    patient text not null,
    other_patient text not null,
    position bigint not null,            -- of the last decision
    version bigint not null,
    state text not null,
    was_linked boolean not null,         -- at any time
    weight double precision not null,    -- bits of the last decision's evidence together, in thousandths,
                                         -- within a thousand
    apart bigint,                        -- of the decision by which a person keeps the two apart; null: none does
                                         -- any more, or did. A program that proposes them changes nothing in it
    together boolean not null default false,  -- whether the two are one person now, by whatever links
    primary key (subject, other)
) with (fillfactor = 70);
create index pair_other on pair (other);
create index pair_state on pair (state, position) where state = 'doubted' or not together;
create index pair_strength on pair (state, weight, position) where state = 'doubted' or not together;
create index pair_contradicted on pair (apart) where together and apart is not null;

-- Whose Patients were one person, and when: after the fact at from_position until that at to_position, null for
-- still. person is the smallest subject. There is no row for the times at which a subject stands alone.
create table member (
    subject uuid not null,
    patient text not null,
    person uuid not null,
    from_position bigint not null,
    to_position bigint,
    primary key (subject, from_position)
);
create index member_person on member (person);

-- How many decisions were made on a day in Vietnam, by what they made of their pairs and whether a program made them.
create table made (
    day date not null,
    state text not null,
    by_program boolean not null,
    decisions bigint not null,
    primary key (day, state, by_program)
) with (fillfactor = 70);

-- How many Patients are one with others now, and how many people that makes; at most one row.
create table gathered (
    one boolean primary key default true check (one),
    patients bigint not null,
    people bigint not null
) with (fillfactor = 50);

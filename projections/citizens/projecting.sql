-- name: forget_people
-- People whose Patient gets another version or is deleted; gives the names they leave. Their numbers are kept as former
-- ones, whether they are stated again or not.
with gone as (
    delete from person where subject = any(%(subjects)b::uuid[])
), numbers as (
    delete from identifier where subject = any(%(subjects)b::uuid[]) returning key, subject
), kept as (
    insert into former_number select distinct key, subject from numbers on conflict do nothing
), telephones as (
    delete from telephone where subject = any(%(subjects)b::uuid[])
), known as (
    delete from known_at where subject = any(%(subjects)b::uuid[])
)
delete from person_name where subject = any(%(subjects)b::uuid[]) returning spelled;

-- name: add_people
-- One row for each Patient. communes: codes, one in a line.
insert into person
select subject, id, name, sex, birth_date, born_from, born_until, commune, commune_name, province, province_name,
    address, telephone, deceased, deceased_on, active, string_to_array(communes, E'\n')
from unnest(
    %(subjects)b::uuid[], %(ids)b::text[], %(names)b::text[], %(sexes)b::text[], %(birth_dates)b::text[],
    %(earliest)b::date[], %(latest)b::date[], %(communes)b::text[], %(commune_names)b::text[],
    %(provinces)b::text[], %(province_names)b::text[], %(addresses)b::text[], %(telephones)b::text[],
    %(deceased)b::boolean[], %(deceased_on)b::text[], %(active)b::boolean[], %(today)b::text[]
) p(subject, id, name, sex, birth_date, born_from, born_until, commune, commune_name, province, province_name,
    address, telephone, deceased, deceased_on, active, communes);

-- name: add_identifiers
-- Their identifiers.
insert into identifier
select * from unnest(
    %(subjects)b::uuid[], %(keys)b::text[], %(systems)b::text[], %(values)b::text[], %(uses)b::text[],
    %(kinds)b::text[], %(obtained)b::text[]
);

-- name: keep_numbers
-- Numbers of versions that others follow at once.
insert into former_number
select distinct key, subject from unnest(%(subjects)b::uuid[], %(keys)b::text[]) n(subject, key)
on conflict do nothing;

-- name: add_telephones
-- Their telephones.
insert into telephone select * from unnest(%(subjects)b::uuid[], %(numbers)b::text[]);

-- name: add_names
-- Their names.
insert into person_name
select * from unnest(
    %(subjects)b::uuid[], %(names)b::text[], %(spelled)b::text[], %(earliest)b::date[], %(latest)b::date[]
);

-- name: add_words
-- The words of names that nobody bore before, in order.
with added as (
    insert into name_word
    select * from unnest(%(words)b::text[], %(spelled)b::text[], %(folded)b::text[])
    on conflict do nothing
    returning word
)
insert into known_word as k (word, names)
select word, count(*) from added group by word order by word
on conflict (word) do update set names = k.names + excluded.names;

-- name: forget_words
-- The words of names that nobody bears any more.
with gone as (
    delete from name_word w using unnest(%(words)b::text[], %(spelled)b::text[]) n(word, spelled)
    where w.word = n.word and w.spelled = n.spelled
        and not exists (select from person_name p where p.spelled = n.spelled)
    returning w.word
)
update known_word k set names = k.names - g.names
from (select word, count(*) as names from gone group by word) g
where k.word = g.word;

-- name: forget_unknown_words
-- Words that no name holds any more.
delete from known_word where word = any(%(words)b::text[]) and names = 0;

-- name: forget_visits
-- Encounters that get another version, or leave their subject.
delete from visit v using unnest(%(subjects)b::uuid[], %(encounters)b::text[]) n(subject, encounter)
where v.subject = n.subject and v.encounter = n.encounter;

-- name: add_visits
-- Encounters in which somebody was seen.
insert into visit
select * from unnest(
    %(subjects)b::uuid[], %(encounters)b::text[], %(starts)b::timestamptz[], %(started)b::text[],
    %(facilities)b::text[]
);

-- name: forget_known
-- Where these people were not seen after all.
delete from known_at k
where k.subject = any(%(subjects)b::uuid[]) and k.place like 'f%%' and not exists (
    select from visit v where v.subject = k.subject and v.facility = substr(k.place, 2)
);

-- name: add_known
-- Where the names of these people are known.
insert into known_at
select distinct k.place, n.spelled, n.born_from, n.born_until, n.subject
from person_name n
cross join lateral (
    select 'f' || v.facility from visit v where v.subject = n.subject and v.facility is not null
    union all
    select 'c' || c.code from person p cross join unnest(p.communes) c(code) where p.subject = n.subject
) k(place)
where n.subject = any(%(subjects)b::uuid[])
on conflict do nothing;

-- name: tallies
-- What these people count for.
with known as (
    select subject, coalesce(communes[1], '') as commune, active from person where subject = any(%(subjects)b::uuid[])
)
select 'registered', commune, count(*) from known group by commune
union all
select 'in-use', commune, count(*) from known where active group by commune
union all
select 'seen', commune, count(*) from known k
where active and exists (select from visit v where v.subject = k.subject) group by commune
union all
select obtained, kind, count(*) from identifier
where subject = any(%(subjects)b::uuid[]) and kind is not null group by obtained, kind;

-- name: add_tallies
-- What has changed, in order: two that are filled at once never wait for each other.
insert into tally as t (what, which, number)
select * from unnest(%(whats)b::text[], %(whiches)b::text[], %(numbers)b::bigint[])
on conflict (what, which) do update set number = t.number + excluded.number;

-- name: forget_tallies
-- Of whom there are none any more.
delete from tally t using unnest(%(whats)b::text[], %(whiches)b::text[]) n(what, which)
where t.what = n.what and t.which = n.which and t.number = 0;

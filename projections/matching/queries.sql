-- name: candidates
-- Whoever shares keys with somebody, of those keys that not too many share: who shares the most telling ones first.
select p.subject, p.patient, p.version, p.prepared, p.mothers
from (
    select f.subject, sum(a.worth) as worth
    from unnest(%(keys)b::bigint[], %(worths)b::integer[]) a(key, worth)
    cross join lateral (
        select b.subject, count(*) over () as people
        from (select k.subject from matching.block_key k where k.key = a.key limit %(common)b + 1) b
    ) f
    where f.people <= %(common)b and f.subject is distinct from %(but)b::uuid
    group by f.subject having sum(a.worth) >= %(least)b order by worth desc, f.subject limit %(most)b
) c join matching.person p using (subject)
order by c.worth desc, c.subject;

-- name: people
-- These people, as they are kept.
select subject, patient, version, prepared, mothers from matching.person where subject = any(%(subjects)b::uuid[]);

-- name: counts
-- How many people are called so, there and everywhere.
select c.commune, c.word, c.part, c.people
from unnest(%(communes)b::text[], %(words)b::text[], %(parts)b::text[]) a(commune, word, part)
join matching.name_count c using (commune, word, part);

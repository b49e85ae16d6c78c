-- name: candidates
-- Whoever shares keys with somebody, of those keys that not too many share, and of a number the first ones all the
-- same: who shares the most telling keys first.
select p.subject, p.patient, p.version, p.prepared, p.mothers
from (
    select f.subject, sum(a.worth) as worth
    from unnest(%(keys)b::bigint[], %(worths)b::integer[], %(numbers)b::boolean[]) a(key, worth, is_number)
    cross join lateral (
        select b.subject, count(*) over () as people
        from (select k.subject from matching.block_key k where k.key = a.key limit %(common)b + 1) b
    ) f
    where (a.is_number or f.people <= %(common)b) and f.subject is distinct from %(but)b::uuid
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

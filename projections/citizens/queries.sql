-- name: with_number
-- People who have an identifier, a telephone or a Patient.id.
select subject from citizens.identifier where key = %(number)s
union
select subject from citizens.telephone where number = %(telephone)s
union
select subject from citizens.person where id = %(id)s
limit 200;

-- name: with_name
-- People with a name that holds every typed word (a range of words from low until before high, and a pattern of
-- the folded name). The word that fewest names hold leads; names with more of the typed accents go first, then
-- shorter ones; of a name, people of the commune first. Bounded at each step, so that `Nguyễn` alone is quick.
with typed as (
    select low, high from unnest(%(lows)s::text[], %(highs)s::text[]) t(low, high)
), lead as (
    select low, high
    from typed
    cross join lateral (
        select count(*) as names
        from (select from citizens.name_word where word >= low and word < high limit 5000) w
    ) counted
    order by names limit 1
), named as (
    select w.spelled
    from lead join citizens.name_word w on w.word >= lead.low and w.word < lead.high
    where w.folded like all (%(patterns)s::text[])
    limit 5000
), best as (
    select
        spelled,
        (select count(*) from unnest(%(accented)s::text[]) a where strpos(spelled, a) > 0)::int as accents
    from (select distinct spelled from named) n
    order by accents desc, length(spelled), spelled
    limit 400
)
select p.subject, best.accents, p.name
from best
cross join lateral (
    select subject, name
    from citizens.person_name
    where spelled = best.spelled and (%(year)s::int is null or birth_year = %(year)s)
    order by (commune = %(commune)s) desc nulls last
    limit 600
) p
limit 600;

-- name: people
-- What is shown of these people, in the order of the look-up: the most accents typed right, those seen here, those
-- of the commune, those whose record is in use, shorter names.
select
    p.id, p.name, c.name as found_as, p.sex, p.birth_date, p.commune_name, p.province_name, p.address,
    p.deceased, p.deceased_on, p.active, v.facility, v.started,
    here.seen, coalesce(p.commune = %(commune)s, false) as same_commune
from unnest(%(subjects)s::uuid[], %(accents)s::int[], %(names)s::text[]) c(subject, accents, name)
join citizens.person p using (subject)
left join lateral (
    select facility, started from citizens.visit
    where subject = p.subject order by starts desc nulls last, encounter limit 1
) v on true
cross join lateral (
    select exists (
        select from citizens.visit where subject = p.subject and facility = any(%(here)s::text[])
    ) as seen
) here
where (%(earliest)s::date is null or p.born_until >= %(earliest)s)
    and (%(latest)s::date is null or p.born_from <= %(latest)s)
order by
    c.accents desc, here.seen desc, same_commune desc, p.active desc, length(p.name), p.name collate "C",
    p.born_from nulls last, p.id
limit %(limit)s;

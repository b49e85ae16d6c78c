-- name: with_number
-- People who have an identifier, a telephone or a Patient.id.
select subject from citizens.identifier where key = %(number)s
union
select subject from citizens.telephone where number = %(telephone)s
union
select subject from citizens.person where id = %(id)s
limit 200;

-- name: with_name
-- The likeliest people with a name that holds every typed word (a range of words from low until before high, and
-- a pattern of the folded name). The word that fewest names hold leads; names with more of the typed accents go
-- first, then those seen here, those of the commune, shorter names. A birth date narrows down to those born
-- within a year before it, as far as partial dates reach. Bounded at each step, so that `Nguyễn` alone is quick.
with typed as (
    select low, high from unnest(%(lows)s::text[], %(highs)s::text[]) t(low, high)
), lead as (
    select low, high from typed
    order by (select coalesce(sum(names), 0) from citizens.known_word where word >= low and word < high)
    limit 1
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
), bearers as (
    select best.accents, best.spelled, p.*
    from best
    cross join lateral (
        select subject, born_from, coalesce(commune = %(commune)s, false) as near
        from citizens.person_name
        where spelled = best.spelled and (
            %(earliest)s::date is null
            or born_from between %(earliest)s::date - 366 and %(latest)s and born_until >= %(earliest)s
        )
        order by near desc, born_from
        limit 500
    ) p
    limit 500
)
select subject, spelled, accents
from bearers
cross join lateral (
    select exists (
        select from citizens.visit v
        where v.subject = bearers.subject and v.facility = any(%(here)s::text[])
    ) as seen
) here
order by accents desc, seen desc, near desc, length(spelled), spelled, born_from, subject
limit %(limit)s;

-- name: people
-- What is shown of these people, the likeliest first. Those whose record is no longer in use go last.
select
    p.id, p.name, n.name as found_as, p.sex, p.birth_date, p.commune_name, p.province_name, p.address,
    p.deceased, p.deceased_on, p.active, v.facility, v.started,
    here.seen, coalesce(p.commune = %(commune)s, false) as near
from unnest(%(subjects)s::uuid[], %(spelled)s::text[], %(accents)s::int[]) c(subject, spelled, accents)
join citizens.person p using (subject)
left join lateral (
    select name from citizens.person_name n
    where n.subject = p.subject and n.spelled = c.spelled order by name limit 1
) n on true
left join lateral (
    select facility, started from citizens.visit
    where subject = p.subject order by starts desc nulls last, encounter limit 1
) v on true
cross join lateral (
    select exists (
        select from citizens.visit where subject = p.subject and facility = any(%(here)s::text[])
    ) as seen
) here
order by
    c.accents desc, here.seen desc, near desc, p.active desc, length(c.spelled), p.name collate "C",
    p.born_from nulls last, p.id
limit %(limit)s;

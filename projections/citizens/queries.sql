-- name: with_name
-- The likeliest people with a name that holds every typed word, and whether not all were looked at. Names are read
-- that hold what fewest hold: a word, or two (keys); if the last word is the beginning of one, for each word that
-- begins so that with another. Names with more of the typed accents go first, then those that end with the typed
-- words, then whoever was seen here or lives in the commune, then shorter names. A birth date narrows down to those
-- born within a year before it, as far as partial dates reach. Each step is bounded, so that `Nguyễn` alone is
-- quick, and nobody's thousands of namesakes are read: those who are known here, and of the others the first.
with begins as (
    select word from citizens.known_word
    where word >= %(start)s::text and word < %(finish)s::text and word <> %(whole)s::text and strpos(word, ' ') = 0
    limit %(most_begun)s
), lead as (
    (
        select key from unnest(%(keys)s::text[]) key left join citizens.known_word k on k.word = key
        where %(start)s::text is null
        order by coalesce(names, 0) limit 1
    )
    union all
    select coalesce(rarest.key, begins.word)
    from begins left join lateral (
        select key
        from unnest(%(words)s::text[]) w
        cross join lateral (
            select case when w collate "C" < begins.word then w || ' ' || begins.word else begins.word || ' ' || w end
        ) pair(key)
        left join citizens.known_word k on k.word = key
        where w <> begins.word
        order by coalesce(names, 0) limit 1
    ) rarest on true
), looked as materialized (
    select w.spelled, w.folded
    from lead join citizens.name_word w on w.word = lead.key
    limit %(most_read)s
), matched as materialized (
    select distinct spelled, folded from (
        select spelled, folded from looked where folded like all (%(patterns)s::text[]) limit %(most_matched)s
    ) m
), ranked as materialized (
    select
        spelled,
        (select count(*) from unnest(%(accented)s::text[]) a where strpos(spelled, a) > 0)::int as accents,
        folded like %(called)s as called
    from matched
    order by accents desc, called desc, length(spelled), spelled
    limit %(most_names)s
), known as (
    select spelled, accents, called, k.subject, k.born_from, k.place
    from ranked
    cross join lateral (
        select at.place, subject, born_from
        from unnest(%(places)s::text[]) at(place) join citizens.known_at n using (place)
        where n.spelled = ranked.spelled and (
            %(earliest)s::date is null
            or born_from between %(earliest)s::date - 366 and %(latest)s and born_until >= %(earliest)s
        )
        limit %(most_known)s
    ) k
    limit %(most_known)s
), others as (
    select spelled, accents, called, p.subject, p.born_from, null as place
    from ranked
    cross join lateral (
        select subject, born_from from citizens.person_name n
        where n.spelled = ranked.spelled and (
            %(earliest)s::date is null
            or born_from between %(earliest)s::date - 366 and %(latest)s and born_until >= %(earliest)s
        )
        order by born_from
        limit %(limit)s
    ) p
    where %(anywhere)s
    limit 2 * %(limit)s
), best as (
    select
        subject, spelled, accents, called, born_from,
        coalesce(bool_or(place like 'f%%'), false) as seen, coalesce(bool_or(place like 'c%%'), false) as near
    from (select * from known union all select * from others) found
    group by subject, spelled, accents, called, born_from
    order by accents desc, called desc, seen desc, near desc, length(spelled), spelled, born_from, subject
    limit %(limit)s
), cut as (
    select (select count(*) from looked) >= %(most_read)s
        or (select count(*) from matched) > %(most_names)s
        or (select count(*) from known) >= %(most_known)s as cut
)
select cut, subject, spelled, 2 * accents + called::int
from cut left join best on true
order by accents desc, called desc, seen desc, near desc, length(spelled), spelled, born_from, subject;

-- name: people
-- What is shown of these people, or of those who have or had one of the identifiers, or have one of the telephones or
-- the Patient.id (of several identifiers those with an earlier one first, and before those who had it); the likeliest
-- first. Those whose record is no longer in use go last.
with numbered as (
    select subject, place, coalesce(use = 'old', false) as former
    from unnest(%(numbers)s::text[]) with ordinality n(key, place) join citizens.identifier using (key)
    union all
    select subject, 0, false from citizens.telephone where number = any(%(telephones)s::text[])
    union all
    select subject, 0, false from citizens.person where id = %(id)s
    union all
    select subject, place, true
    from unnest(%(numbers)s::text[]) with ordinality n(key, place) join citizens.former_number using (key)
    limit %(most_numbered)s
)
select
    p.subject, p.id, p.name, n.name as found_as, p.sex, p.birth_date, p.commune_name, p.province_name, p.address,
    p.deceased, p.deceased_on, p.active, v.facility, v.started, here.seen, p.communes && %(communes)s::text[] as near,
    c.former, c.likeness,
    exists (select from links.member m where m.subject = p.subject and m.to_position is null) as linked
from (
    select *, false from unnest(%(subjects)s::uuid[], %(spelled)s::text[], %(likeness)s::int[])
    union all
    select subject, null, -min(place)::int, bool_and(former) from numbered group by subject
) c(subject, spelled, likeness, former)
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
    c.likeness desc, c.former, here.seen desc, near desc, p.active desc, length(c.spelled), p.name collate "C",
    p.born_from nulls last, p.id
limit %(limit)s;

-- name: seen_with
-- Where Patients with one of the numbers were seen in a time, but for some of them; the newest first.
select p.id, v.encounter, v.started, v.facility
from (
    select distinct subject from citizens.identifier
    where key = any(%(keys)s::text[]) and system = %(system)s and use is distinct from 'old'
        and subject <> all(%(but)s::uuid[])
    limit %(most_numbered)s
) i
join citizens.person p using (subject)
join citizens.visit v using (subject)
where v.starts >= %(since)s and v.starts < %(until)s
order by v.starts desc, v.encounter
limit %(limit)s;

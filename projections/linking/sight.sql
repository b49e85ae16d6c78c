-- name: sight
-- How far the two views have come from which is judged, and whether somebody is parked in links, or matching leaves
-- something out of the one who is judged. No row while one of them is of another code version.
select min(g.position),
       max(g.position) filter (where g.view = 'links'),
       coalesce(bool_or((g.view = 'links' and l.parked) or (g.view = 'matching' and l.subject = %(subject)b::uuid)),
                false)
from unnest(%(views)b::text[], %(versions)b::integer[]) v(view, code_version)
join views.generations g using (view, code_version)
left join (select view, generation, subject, true as parked from views.parked
           union all select view, generation, subject, false from views.quarantined) l using (view, generation)
where g.state = 'serving' having count(distinct g.view) = 2;

-- name: passed_over
-- Subject and stream of records that links could not read, but for facts that decide nothing about pairs. The
-- stream is null of a record that the database has not.
select q.subject, f.originator_id
from views.generations g join views.quarantined q using (view, generation)
left join record.facts f on f.notification_id = q.position
where g.view = 'links' and g.state = 'serving'
  and (f.topic is null or f.topic <> all(%(others)b::text[]))
limit %(limit)b;

-- name: pairs
-- Pairs of these subjects about which something was decided, with all evidence so far where no link stands, whether
-- both are there, whether a person keeps them apart, and whether a program has decided last.
select p.subject, p.other, p.state,
       case when p.state in ('linked', 'doubted') then '[]'::jsonb else
           (select jsonb_agg(d.evidence) from links.decision d where d.subject = p.subject and d.other = p.other) end,
       one.subject is not null and other.subject is not null, p.apart is not null, newest.rule is not null
from links.pair p join links.decision newest using (position)
left join matching.person one on one.subject = p.subject
left join matching.person other on other.subject = p.other
where p.subject = any(%(subjects)b::uuid[]) and p.other = any(%(subjects)b::uuid[]);

-- name: linked
-- With whom a program has linked somebody, and nobody has doubted it.
select case when p.subject = %(subject)b then p.other else p.subject end
from links.pair p join links.decision d using (position)
where (p.subject = %(subject)b or p.other = %(subject)b) and p.state = 'linked' and d.rule is not null;

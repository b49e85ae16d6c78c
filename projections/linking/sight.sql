-- name: sight
-- How far the two views have come from which is judged, whether links leaves anything out, and whether matching
-- leaves something out of somebody. No row while one of them is of another code version.
select min(g.position),
       max(g.position) filter (where g.view = 'links'),
       coalesce(bool_or(l.subject is not null and (g.view = 'links' or l.subject = %(subject)b::uuid)), false)
from unnest(%(views)b::text[], %(versions)b::integer[]) v(view, code_version)
join views.generations g using (view, code_version)
left join (select view, generation, subject from views.parked
           union all select view, generation, subject from views.quarantined) l using (view, generation)
where g.state = 'serving' having count(distinct g.view) = 2;

-- name: pairs
-- Pairs of these subjects about which something was decided and no link stands, with all evidence so far, and
-- whether both are there.
select p.subject, p.other, p.state,
       (select jsonb_agg(d.evidence) from links.decision d where d.subject = p.subject and d.other = p.other),
       one.subject is not null and other.subject is not null
from links.pair p
left join matching.person one on one.subject = p.subject
left join matching.person other on other.subject = p.other
where p.subject = any(%(subjects)b::uuid[]) and p.other = any(%(subjects)b::uuid[])
  and p.state not in ('linked', 'doubted');

-- name: linked
-- With whom a program has linked somebody, and nobody has doubted it.
select case when p.subject = %(subject)b then p.other else p.subject end
from links.pair p join links.decision d using (position)
where (p.subject = %(subject)b or p.other = %(subject)b) and p.state = 'linked' and d.rule is not null;

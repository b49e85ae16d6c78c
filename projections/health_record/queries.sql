-- name: sheets
-- Everything about the Patients of one person, and how complete it is, from one moment: how far both views show the
-- log, and since when something of these Patients is left out, and of whomever in what says who is one person.
select least(g.position, l.position),
       (select last_updated from health_record.progress),
       (select min(since) from (
            select since_position from views.parked p
            where p.view = g.view and p.generation = g.generation and p.subject = any(%(subjects)b::uuid[])
            union all
            select position from views.quarantined q
            where q.view = g.view and q.generation = g.generation and q.subject = any(%(subjects)b::uuid[])
        ) left_out(since)),
       (select min(since) from (
            select since_position from views.parked p where p.view = l.view and p.generation = l.generation
            union all
            select position from views.quarantined q where q.view = l.view and q.generation = l.generation
        ) left_out(since)),
       s.subjects, s.entries
from views.generations g, views.generations l, (
    select coalesce(array_agg(subject order by subject, stream), '{}') as subjects,
           coalesce(array_agg(entries order by subject, stream), '{}') as entries
    from health_record.sheet where subject = any(%(subjects)b::uuid[])) s
where g.view = 'health_record' and g.state = 'serving' and l.view = 'links' and l.state = 'serving';

-- name: recorded
-- When a fact was recorded.
select last_updated from record.facts where notification_id = %(position)b;

-- name: names
-- Names and codes by reference, names by code; who bears another's name is followed one step.
select d.reference, coalesce(d.name, b.name), coalesce(d.code, b.code)
from unnest(%(references)b::text[]) r(reference)
join health_record.directory d using (reference)
left join health_record.directory b on b.reference = d.refers_to
union all
select code, min(name), null from health_record.directory where code = any(%(codes)b::text[]) group by code;

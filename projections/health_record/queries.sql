-- name: sheets
-- Everything about one person and how complete it is, from one moment.
select g.position,
       (select last_updated from health_record.progress),
       (select min(since) from (
            select since_position from views.parked p
            where p.view = g.view and p.generation = g.generation and p.subject = %(subject)b
            union all
            select position from views.quarantined q
            where q.view = g.view and q.generation = g.generation and q.subject = %(subject)b) left_out(since)),
       array(select entries from health_record.sheet s where s.subject = %(subject)b order by s.stream)
from views.generations g where g.view = 'health_record' and g.state = 'serving';

-- name: names
-- Names by reference; who bears another's name is followed one step.
select d.reference, coalesce(d.name, b.name)
from unnest(%(references)b::text[]) r(reference)
join health_record.directory d using (reference)
left join health_record.directory b on b.reference = d.refers_to
union all
select code, min(name) from health_record.directory where code = any(%(codes)b::text[]) group by code;

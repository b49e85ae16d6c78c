-- name: views
-- For each serving view: its position and the record's, citizens that wait in it, records it has passed over.
select g.view, g.position, (select coalesce(max(f.notification_id), 0) from record.facts f),
       (select count(*) from views.parked p where p.view = g.view and p.generation = g.generation),
       (select count(*) from views.quarantined q where q.view = g.view and q.generation = g.generation)
from views.generations g where g.state = 'serving' order by g.view;

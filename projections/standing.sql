-- name: views
-- For each serving view: its position and the record's, citizens that wait in it, records it has passed over, whether
-- a projector is connected, or one of newer or older code awaits its rebuild, and how many seconds ago the first fact was
-- recorded that it does not show.
select g.view, g.position, (select coalesce(max(f.notification_id), 0) from record.facts f),
       (select count(*) from views.parked p where p.view = g.view and p.generation = g.generation),
       (select count(*) from views.quarantined q where q.view = g.view and q.generation = g.generation),
       exists (select from pg_stat_activity a
               where a.datname = current_database() and a.application_name = 'ehr project ' || g.view),
       exists (select from pg_stat_activity a
               where a.datname = current_database() and a.application_name = 'ehr await ' || g.view),
       coalesce((select greatest(extract(epoch from now() - f.last_updated), 0)::float8
                 from record.facts f where f.notification_id = g.position + 1), 0)
from views.generations g where g.state = 'serving' order by g.view;

-- name: end
-- The last position of the record.
select coalesce(max(notification_id), 0) from record.facts;

-- name: position
-- How far the serving generation of a view has come; no row while there is none.
select position from views.generations where view = %(view)s and state = 'serving';

-- name: missing
-- Facts of the record that one of the serving generations of views does not show.
select coalesce(max(notification_id), 0) - (
    select coalesce(min(coalesce(g.position, 0)), 0)
    from unnest(%(views)s::text[]) v(view) left join views.generations g on g.view = v.view and g.state = 'serving'
) from record.facts;

-- name: showing
-- Of each of these views how far its serving generation has come, whether somebody is parked in it or a record is
-- quarantined, and how many facts of the record it does not show.
select coalesce(g.position, 0),
       exists (select from views.parked p where p.view = g.view and p.generation = g.generation)
       or exists (select from views.quarantined q where q.view = g.view and q.generation = g.generation),
       (select coalesce(max(notification_id), 0) from record.facts) - coalesce(g.position, 0)
from unnest(%(views)s::text[]) with ordinality v(view, place)
left join views.generations g on g.view = v.view and g.state = 'serving' order by v.place;

-- name: left_out
-- What serving views leave out, without saying of whom: by view and reason, how many, and since which position.
select p.view, 'parked', p.reason, count(*), min(p.since_position)
from views.parked p join views.generations g using (view, generation) where g.state = 'serving'
group by p.view, p.reason
union all
select q.view, 'quarantined', q.reason, count(*), min(q.position)
from views.quarantined q join views.generations g using (view, generation) where g.state = 'serving'
group by q.view, q.reason
order by 1, 2, 3;

-- name: sizes
-- Bytes on disk of the whole database, and of the record in it.
select pg_database_size(current_database()), coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where n.nspname = 'record' and c.relkind = 'r';

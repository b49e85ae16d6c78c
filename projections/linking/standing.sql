-- name: standing
-- How far linking has come, the record's end, for how many seconds the first fact waits that it has not passed, who
-- waits for a view, and whether it is at work. No row where it never was.
select l.position, (select coalesce(max(f.notification_id), 0) from record.facts f),
       coalesce((select greatest(extract(epoch from now() - f.last_updated), 0)::float8
                 from record.facts f where f.notification_id = l.position + 1), 0),
       (select count(*) from views.linking_waits),
       exists (select from pg_stat_activity a
               where a.datname = current_database() and a.application_name = 'ehr link')
from views.linking l;

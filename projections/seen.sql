-- name: seen
-- The serving generation of a view, its position, and what it leaves out: for each of up to so many citizens the
-- fact from which on they wait, or that cannot be decoded; null where that fact is not theirs.
select g.generation, g.position, w.subject is not null, w.state
from views.generations g left join lateral (
    select l.subject, (select f.state from record.facts f
                       where f.notification_id = l.position and f.subject = l.subject) as state
    from (
        select p.subject, p.since_position as position from views.parked p
        where p.view = g.view and p.generation = g.generation
        union all
        select q.subject, q.position from views.quarantined q
        where q.view = g.view and q.generation = g.generation
        limit %(limit)b
    ) l
) w on true
where g.view = %(view)b and g.state = 'serving';

-- name: parked
-- Citizens whose facts wait.
select subject from views.parked where view = %(view)s and generation = %(generation)s;

-- name: left_out
-- Citizens about whom something is recorded that the view does not show.
select subject from views.parked where view = %(view)s and generation = %(generation)s
union
select subject from views.quarantined where view = %(view)s and generation = %(generation)s;

-- name: park
-- A citizen's facts wait from this one on.
insert into views.parked values (%(view)s, %(generation)s, %(subject)s, %(position)s, %(reason)s)
on conflict do nothing;

-- name: quarantine
-- A record that cannot be decoded is kept in view.
insert into views.quarantined values (%(view)s, %(generation)s, %(position)s, %(subject)s, %(reason)s)
on conflict do nothing;

-- name: lazily
-- Commits of this session need not reach the disk at once: whatever a crash takes back is projected again, for
-- the position goes back with the rows.
set synchronous_commit to off;

-- name: announce
-- Tells those who wait that a view has come so far.
select pg_notify('views', %(view)s::text || ' ' || %(position)s::text);

-- name: release
-- A citizen no longer waits.
delete from views.parked where view = %(view)s and generation = %(generation)s and subject = %(subject)s;

-- name: wait_on
-- A citizen's facts were projected up to a position; it waits on, for those that follow.
update views.parked set since_position = %(position)s
where view = %(view)s and generation = %(generation)s and subject = %(subject)s;

-- name: wait_for
-- A citizen's facts wait from another one on, for another reason.
update views.parked set since_position = %(position)s, reason = %(reason)s
where view = %(view)s and generation = %(generation)s and subject = %(subject)s;

-- name: not_for_long
-- Shorter than deadlock_timeout: of a projector and whoever takes up parked citizens the latter gives way.
set local lock_timeout = '200ms';

-- name: waiting
-- Who waits, since when and why, in all generations but retired ones.
select p.view, p.generation, p.subject, p.since_position, p.reason
from views.parked p join views.generations g using (view, generation)
where g.state <> 'retired' order by p.view, p.since_position;

-- name: quarantined
-- Records that could not be decoded, in all generations but retired ones.
select q.view, q.generation, q.position, q.subject, q.reason
from views.quarantined q join views.generations g using (view, generation)
where g.state <> 'retired' order by q.view, q.position;

-- name: call_itself
-- By this name others see that a view has a projector, or one that awaits its rebuild (standing.sql).
select set_config('application_name', 'ehr ' || %(does)s::text || ' ' || %(view)s::text, false);

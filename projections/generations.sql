-- name: serving
-- The generation that readers use.
select generation, position, code_version from views.generations where view = %(view)s and state = 'serving';

-- name: all
-- Every generation, for those who look after them: bytes on disk, and whether somebody rebuilds or switches its view.
select g.view, g.generation, g.position, g.code_version, g.state,
       (select coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint
        from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where n.nspname = g.view || '_' || g.generation and c.relkind = 'r'),
       exists (select from pg_locks l
               where l.locktype = 'advisory' and l.granted and l.objsubid = 2
                 and l.database = (select oid from pg_database where datname = current_database())
                 and l.classid::bigint = hashtext('views.rebuild')::bigint & 4294967295
                 and l.objid::bigint = hashtext(g.view)::bigint & 4294967295)
from views.generations g order by g.view, g.generation;

-- name: hold_alone
-- Until the session ends, nobody else rebuilds, switches or drops generations of the view, or takes up who is parked.
select pg_try_advisory_lock(hashtext('views.rebuild'), hashtext(%(view)s));

-- name: idle
-- Generations of a view that do not serve.
select generation, position, code_version, state from views.generations
where view = %(view)s and state <> 'serving' order by generation;

-- name: replays
-- Generations that were made to be compared only, and left by whoever was killed meanwhile (add_replay).
select g.generation, g.position, g.code_version
from views.generations g join pg_namespace n on n.nspname = g.view || '_' || g.generation
where g.view = %(view)s and g.state = 'building' and obj_description(n.oid, 'pg_namespace') = 'replay';

-- name: newest
-- The highest number given to a generation.
select coalesce(max(generation), 0) from views.generations where view = %(view)s;

-- name: add
-- A new generation that has read nothing yet.
insert into views.generations (view, generation, code_version, state)
values (%(view)s, %(generation)s, %(code_version)s, 'building');

-- name: advance
-- Compare and swap: only a projector that read up to the old position, and knows who is parked, may write
-- what follows. A retired generation goes on only with who has been told to catch it up, before it may serve again.
update views.generations set position = %(new)b
where view = %(view)b and generation = %(generation)b and position = %(old)b and releases = %(releases)b
  and (state <> 'retired' or %(told)b);

-- name: position
-- How far a generation has come.
select position, state, releases from views.generations where view = %(view)s and generation = %(generation)s;

-- name: release
-- Every projector must look again who is parked.
update views.generations set releases = releases + 1 where view = %(view)s and generation = %(generation)s;

-- name: hold
-- Keeps a generation where it is until the transaction ends.
select position from views.generations
where view = %(view)s and generation = %(generation)s for update;

-- name: retire
-- The serving generation stops serving.
update views.generations set state = 'retired' where view = %(view)s and state = 'serving';

-- name: serve
-- A generation begins to serve.
update views.generations set state = 'serving' where view = %(view)s and generation = %(generation)s;

-- name: forget
-- A generation is gone, with those who waited in it.
with gone as (
    delete from views.generations
    where view = %(view)s and generation = %(generation)s and state <> 'serving' returning view, generation
), waiting as (
    delete from views.parked p using gone g where p.view = g.view and p.generation = g.generation
), unreadable as (
    delete from views.quarantined q using gone g where q.view = g.view and q.generation = g.generation
)
select from gone;

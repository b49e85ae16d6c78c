-- name: serving
-- The generation that readers use.
select generation, position, code_version from views.generations where view = %(view)s and state = 'serving';

-- name: all
-- Every generation, for those who look after them.
select view, generation, code_version, state, position from views.generations order by view, generation;

-- name: newest
-- The highest number given to a generation.
select coalesce(max(generation), 0) from views.generations where view = %(view)s;

-- name: add
-- A new generation that has read nothing yet.
insert into views.generations (view, generation, code_version, state)
values (%(view)s, %(generation)s, %(code_version)s, 'building');

-- name: advance
-- Compare and swap: only a projector that read up to the old position, and knows who is parked, may write
-- what follows.
update views.generations set position = %(new)b
where view = %(view)b and generation = %(generation)b and position = %(old)b and releases = %(releases)b
  and state <> 'retired';

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

-- name: revive
-- A retired generation is to be caught up again.
update views.generations set state = 'building'
where view = %(view)s and generation = %(generation)s and state = 'retired';

-- name: forget
-- A generation is gone.
delete from views.generations where view = %(view)s and generation = %(generation)s and state <> 'serving';

-- A chart as it was. Facts are found by the sheets of the Patients: of everything that was ever said about them there
-- is one, also where nothing is left of it. What waits in the view, because a fact could not be projected, is left out
-- as it is of the chart of today.

-- name: before
-- The last position that was recorded before a moment, 0 for none: positions and times rise together, so the range is
-- halved until one is left.
with recursive bounds(low, high) as (
    select 0::bigint, coalesce(max(notification_id), 0) from record.facts
    union all
    select case when f.last_updated < %(moment)b then f.notification_id else b.low end,
           case when f.last_updated < %(moment)b then b.high else f.notification_id - 1 end
    from bounds b join record.facts f on f.notification_id = (b.low + b.high + 1) / 2
    where b.low < b.high
)
select low from bounds where low = high;

-- name: standing
-- How far both views show the log, as far as it is asked for; nothing where older code has made the sheets, which threw
-- away those on which nothing was left. And since when something of these Patients is left out by then, and of whomever
-- in what says who is one person.
select least(g.position, l.position, %(at)b::bigint),
       (select min(since) from (
            select since_position from views.parked p
            where p.view = g.view and p.generation = g.generation and p.subject = any(%(subjects)b::uuid[])
            union all
            select position from views.quarantined q
            where q.view = g.view and q.generation = g.generation and q.subject = any(%(subjects)b::uuid[])
        ) left_out(since) where since <= %(at)b),
       (select min(since) from (
            select since_position from views.parked p where p.view = l.view and p.generation = l.generation
            union all
            select position from views.quarantined q where q.view = l.view and q.generation = l.generation
        ) left_out(since) where since <= %(at)b)
from views.generations g, views.generations l
where g.view = 'health_record' and g.state = 'serving' and g.code_version >= %(code)b
  and l.view = 'links' and l.state = 'serving';

-- name: size
-- How many facts there are to apply, and their bytes.
select count(*), coalesce(sum(octet_length(f.state)), 0)::bigint
from health_record.sheet s join record.facts f on f.originator_id = s.stream and f.subject = s.subject
where s.subject = any(%(subjects)b::uuid[]) and f.notification_id <= %(at)b::bigint;

-- name: unchanged
-- The sheets to which nothing was added since, where the view shows all that was stated by then.
select s.subject, s.stream, s.entries
from health_record.sheet s join views.generations g on g.view = 'health_record' and g.state = 'serving'
where s.subject = any(%(subjects)b::uuid[]) and g.position >= %(at)b::bigint
  and not exists (
      select from record.facts f
      where f.originator_id = s.stream and f.subject = s.subject and f.notification_id > %(at)b::bigint);

-- name: facts
-- The facts, in order.
select f.notification_id, f.transaction, f.size, f.subject, f.subject_sequence, f.originator_id,
       f.originator_version, f.last_updated, f.topic, f.state
from health_record.sheet s join record.facts f on f.originator_id = s.stream and f.subject = s.subject
where s.subject = any(%(subjects)b::uuid[]) and f.notification_id <= %(at)b::bigint
  and not exists (
      select from views.parked p join views.generations g using (view, generation)
      where g.view = 'health_record' and g.state = 'serving' and p.subject = f.subject
        and p.since_position <= f.notification_id)
order by f.notification_id;

-- name: coded
-- Who has one of these codes of facilities.
select reference from health_record.directory where code = any(%(codes)b::text[]);

-- name: listed
-- The versions that were current after a position of some that the directory lists.
select r.type, r.id, v.body
from unnest(%(types)b::text[], %(ids)b::text[]) r(type, id) cross join lateral (
    select c.body from fhir_resources.current c
    where c.type = r.type and c.id = r.id and c.position <= %(at)b::bigint and not c.deleted
    union all
    select p.body from fhir_resources.past p
    where p.type = r.type and p.id = r.id and p.position <= %(at)b::bigint and p.until > %(at)b::bigint
      and not p.deleted) v;

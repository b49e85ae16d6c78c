-- name: call_itself
-- By this name others see that linking is at work, or that a process stands by (standing.sql).
select set_config('application_name', 'ehr ' || %(does)s::text, false);

-- name: begin
-- Where linking stands; at the log's beginning when it has never been at work.
with begun as (insert into views.linking (position) values (0) on conflict do nothing returning position)
select position from begun union all select position from views.linking limit 1;

-- name: anew
-- Everybody is judged again, from the log's beginning.
update views.linking set position = 0;

-- name: advance
-- Compare and swap: of two that believe to be the one only one goes on.
update views.linking set position = %(new)b where position = %(old)b;

-- name: wait
-- Citizens who are judged later.
insert into views.linking_waits as w
select subject, %(position)b from unnest(%(subjects)b::uuid[]) s(subject)
on conflict (subject) do update set position = greatest(w.position, excluded.position);

-- name: waiting
-- Some who may be judged now: nobody is parked in links, and nothing of theirs is left out of matching. They take
-- turns: who comes after the one who was tried last.
select w.subject, w.position from views.linking_waits w
where w.subject > %(after)b and not exists (
    select from views.generations g
    join (select view, generation, subject, true as parked from views.parked
          union all select view, generation, subject, false from views.quarantined) l using (view, generation)
    where g.state = 'serving'
      and ((g.view = 'links' and l.parked) or (g.view = 'matching' and l.subject = w.subject))
)
order by w.subject limit %(limit)b;

-- name: judged
-- Somebody waits no more, unless for a later fact.
delete from views.linking_waits where subject = %(subject)b and position = %(position)b;

-- name: add_decisions
-- What was decided.
insert into decision
select p, s, o, patient, other_patient, version, state, evidence::jsonb, rule, reason, program, decided_by,
       facility, recorded_at
from unnest(
    %(positions)b::bigint[], %(subjects)b::uuid[], %(others)b::uuid[], %(patients)b::text[],
    %(other_patients)b::text[], %(versions)b::bigint[], %(states)b::text[], %(evidence)b::text[],
    %(rules)b::text[], %(reasons)b::text[], %(programs)b::text[], %(deciders)b::text[], %(facilities)b::text[],
    %(recorded)b::timestamptz[]
) d(p, s, o, patient, other_patient, version, state, evidence, rule, reason, program, decided_by, facility,
    recorded_at);

-- name: state_pairs
-- What the decisions of a batch make of their pairs. Whatever comes late, the last decision says how it stands, and
-- of the last one that says something of it, whether a person keeps the two apart (ehr.linking.Past).
insert into pair as p (subject, other, patient, other_patient, position, version, state, was_linked, weight, apart)
select distinct on (d.subject, d.other)
    d.subject, d.other, d.patient, d.other_patient, d.position, d.version, d.state,
    bool_or(d.state = 'linked') over (partition by d.subject, d.other),
    (select round(least(greatest(coalesce(sum((e->>2)::float8), 0), -1000), 1000)::numeric, 3)
     from jsonb_array_elements(d.evidence) e),
    (select case when k.state <> 'linked' and k.state <> 'proposed' then k.position end
     from decision k where k.subject = d.subject and k.other = d.other
       and (k.state in ('different', 'unlinked', 'linked') or (k.state = 'proposed' and k.rule is null))
     order by k.position desc limit 1)
from decision d where d.position = any(%(positions)b::bigint[])
order by d.subject, d.other, d.position desc
on conflict (subject, other) do update set
    position = greatest(p.position, excluded.position),
    version = greatest(p.version, excluded.version),
    state = case when excluded.position > p.position then excluded.state else p.state end,
    was_linked = p.was_linked or excluded.was_linked,
    weight = case when excluded.position > p.position then excluded.weight else p.weight end,
    apart = excluded.apart;

-- name: tell_together
-- Of all pairs of these subjects and of the decisions' ones, whether the two are one person now.
with touched as (
    select subject, other from pair where subject = any(%(subjects)b::uuid[])
    union
    select subject, other from pair where other = any(%(subjects)b::uuid[])
    union
    select subject, other from decision where position = any(%(positions)b::bigint[])
)
update pair p set together = not p.together
from touched t
where p.subject = t.subject and p.other = t.other
  and p.together <> exists (
      select from member one join member another using (person)
      where one.subject = p.subject and one.to_position is null
        and another.subject = p.other and another.to_position is null);

-- name: connected
-- Whoever was ever linked, over however many, with those about whom these decisions are.
with recursive reached(subject) as (
    select s.subject
    from decision d join pair p using (subject, other) cross join lateral (values (d.subject), (d.other)) s(subject)
    where d.position = any(%(positions)b::bigint[]) and p.was_linked
    union
    select next.subject
    from reached cross join lateral (
        select p.other from pair p where p.subject = reached.subject and p.was_linked
        union all
        select p.subject from pair p where p.other = reached.subject and p.was_linked) next(subject)
)
select subject from reached;

-- name: links
-- Every decision about pairs of them that were ever linked, and whether it links, in order. A doubt leaves a link.
select d.position, d.subject, d.other, d.patient, d.other_patient, d.state = 'linked'
from pair p join decision d using (subject, other)
where p.subject = any(%(subjects)b::uuid[]) and p.was_linked and d.state <> 'doubted'
order by d.position;

-- name: members
-- Whose Patients were one person so far.
select subject, patient, person, from_position, to_position from member where subject = any(%(subjects)b::uuid[]);

-- name: forget_members
-- What is not so after all, or has ended.
delete from member m using unnest(%(subjects)b::uuid[], %(from)b::bigint[]) g(subject, from_position)
where m.subject = g.subject and m.from_position = g.from_position;

-- name: add_members
-- What is so instead.
insert into member
select * from unnest(
    %(subjects)b::uuid[], %(patients)b::text[], %(persons)b::uuid[], %(from)b::bigint[], %(to)b::bigint[]
);

-- name: add_made
-- What a batch adds to the decisions of days.
insert into made as m
select * from unnest(%(days)b::date[], %(states)b::text[], %(programs)b::boolean[], %(numbers)b::bigint[])
on conflict (day, state, by_program) do update set decisions = m.decisions + excluded.decisions;

-- name: add_gathered
-- What has changed in who is one person.
insert into gathered as g (patients, people) values (%(patients)b, %(people)b)
on conflict (one) do update set patients = g.patients + excluded.patients, people = g.people + excluded.people;

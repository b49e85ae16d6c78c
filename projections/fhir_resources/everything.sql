-- name: page
-- A Patient, and what is in the compartments of a person after a place: first the other Patients, of no type here, then
-- by type and as first stated. A condition whose parameter is null falls away when the statement is planned. The inner
-- select needs the index alone, for each compartment by itself: of all of them at once it would sort everything. A join
-- need not keep its order. Of those after the first that fill the room no bodies, nor of the Patient after the first
-- page.
select r.type, r.id, r.version, r.last_updated, r.splice,
       case when sum(octet_length(r.body)) filter (where place > 0 or %(after_type)b::text is null)
                 over (order by place rows unbounded preceding) - octet_length(r.body) < %(room)b::bigint
            then r.body else '' end,
       r.pk, r.position
from (
    select p.pk, 0 as place from fhir_resources.current p
    where p.type = 'Patient' and p.id = %(id)b and not p.deleted
    union all (
        select m.pk, row_number() over (order by m.type, m.pk) from (
            select '' as type, o.pk from fhir_resources.current o
            where o.type = 'Patient' and o.id = any(%(others)b::text[]) and not o.deleted
              and (%(types)b::text[] is null or o.type = any(%(types)b))
              and (%(since)b::timestamptz is null or o.last_updated >= %(since)b)
              and (%(after_type)b::text is null or ('', o.pk) > (%(after_type)b, %(after_pk)b))
            union  -- What is in several of the compartments comes once.
            select c.type, c.pk from unnest(%(subjects)b::uuid[]) s(subject) cross join lateral (
                select c.type, c.pk from fhir_resources.compartment c
                where c.patient = s.subject and c.type <> 'Patient'
                  and (%(types)b::text[] is null or c.type = any(%(types)b))
                  and (%(start)b::timestamptz is null or c.starts is null or c.starts >= %(start)b)
                  and (%(end)b::timestamptz is null or c.starts is null or c.starts < %(end)b)
                  and (%(since)b::timestamptz is null or exists (
                      select from fhir_resources.current u where u.pk = c.pk and u.last_updated >= %(since)b))
                  and (%(after_type)b::text is null or (c.type, c.pk) > (%(after_type)b, %(after_pk)b))
                order by c.type, c.pk limit %(limit)b) c
        ) m order by m.type, m.pk limit %(limit)b)
) page join fhir_resources.current r using (pk) order by place;

-- name: outside
-- Resources by name, in the order of the names, but for those in some Patient's compartment. Of those after the
-- first that fill the room no bodies.
select r.type, r.id, r.version, r.last_updated, r.splice,
       case when sum(octet_length(r.body)) over (order by n) - octet_length(r.body) < %(room)b::bigint
            then r.body else '' end,
       r.pk, r.position
from unnest(%(types)b::text[], %(ids)b::text[]) with ordinality k(type, id, n)
join fhir_resources.current r on r.type = k.type and r.id = k.id
where not r.deleted and (%(since)b::timestamptz is null or r.last_updated >= %(since)b)
  and not exists (select from fhir_resources.compartment c where c.pk = r.pk)
order by n;

-- name: strangers
-- Whether nothing about one of these is shown: who it may be about is not known then.
select exists (
    select from unnest(%(subjects)b::uuid[]) s(subject)
    where not exists (select from fhir_resources.compartment c where c.patient = s.subject));

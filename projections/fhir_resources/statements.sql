-- name: statements
-- The newest versions of some resources, newest first, each with the fact that stated it. Of all but the newest of
-- each, bodies and facts are left out once those before them fill the room; of facts also the newest.
select v.type, v.id, v.version, v.last_updated, v.deleted, v.splice,
       case when v.age = 1 or v.bodies < %(room)b::bigint then v.body else '' end,
       case when v.facts < %(room)b::bigint then v.state else '' end
from (
    select w.*, f.state,
           sum(octet_length(w.body)) over newest_first as bodies,
           sum(octet_length(f.state)) over newest_first as facts
    from unnest(%(types)b::text[], %(ids)b::text[]) k(type, id) cross join lateral (
        select *, row_number() over (order by version desc) as age from (
            select c.type, c.id, c.version, c.last_updated, c.deleted, c.splice, c.body, c.position
            from fhir_resources.current c where c.type = k.type and c.id = k.id
            union all
            select p.type, p.id, p.version, p.last_updated, p.deleted, p.splice, p.body, p.position
            from fhir_resources.past p where p.type = k.type and p.id = k.id
        ) versions order by version desc limit %(limit)b
    ) w left join record.facts f on f.notification_id = w.position
    window newest_first as (order by w.age, w.type, w.id)
) v order by v.age;

-- name: relatives
-- RelatedPersons of some Patients: the subject that belongs to each, and the body.
select c.patient, r.body
from unnest(%(subjects)b::uuid[]) s(subject) cross join lateral (
    select patient, pk from fhir_resources.compartment
    where patient = s.subject and type = 'RelatedPerson' order by pk limit %(limit)b
) c join fhir_resources.current r using (pk)
where octet_length(r.body) < %(room)b::bigint;

-- name: latest
-- The facts that stated the current versions of some resources; none of a large one.
select c.type, c.id, f.state
from unnest(%(types)b::text[], %(ids)b::text[]) k(type, id)
join fhir_resources.current c on c.type = k.type and c.id = k.id
join record.facts f on f.notification_id = c.position and octet_length(f.state) < %(room)b;

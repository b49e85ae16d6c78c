-- name: meanwhile
-- Versions that became valid after a position, of what is in the compartments of some Patients, or was about one of
-- them and is deleted; in order, after a place. Whose they are: for each those of the Patients that it concerns.
with member as (
    -- What has a version beyond the position has its newest one there.
    select c.pk, array_agg(c.patient order by c.patient) as whose
    from fhir_resources.compartment c join fhir_resources.current r using (pk)
    where c.patient = any(%(subjects)b::uuid[]) and r.position > %(position)b::bigint group by c.pk
), named as (
    select r.type, r.id, r.version, r.position, r.last_updated, r.deleted, m.whose
    from member m join fhir_resources.current r using (pk)
    union all
    -- What is deleted is in no compartment any more.
    select r.type, r.id, r.version, r.position, r.last_updated, r.deleted, array[r.subject]
    from fhir_resources.current r
    where r.deleted and r.position > %(position)b::bigint and r.subject = any(%(subjects)b::uuid[])
), stated as (
    select * from named
    union all
    select n.type, n.id, p.version, p.position, p.last_updated, p.deleted, n.whose
    from named n join fhir_resources.past p on p.type = n.type and p.id = n.id and p.position > %(position)b::bigint
)
select position, type, id, version, last_updated, deleted, whose from stated
where %(after)b::bigint is null or (position, type, id) > (%(after)b::bigint, %(after_type)b::text, %(after_id)b::text)
order by position, type, id limit %(limit)b;

-- name: facts
-- The facts at these positions, as far as they have room together.
select notification_id, state from (
    select notification_id, state, sum(octet_length(state)) over (order by notification_id) as filled
    from record.facts where notification_id = any(%(positions)b::bigint[])
) f where filled <= %(room)b::bigint;

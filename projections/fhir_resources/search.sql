-- Searches by type. A condition whose parameter is null falls away when the statement is planned for its values;
-- those on identifiers gather surrogates first (array(…)), so that they are looked up by index.

-- name: oldest_first
-- Matching resources in order of last change, after a place: a resource, and when it was changed.
select c.type, c.id, c.version, c.last_updated, c.splice, c.body, c.pk, c.position from fhir_resources.current c
where c.type = %(type)b and not c.deleted
  and c.last_updated >= %(start)b and c.last_updated < %(end)b
  and (%(spans)b::tstzmultirange is null or c.last_updated <@ %(spans)b::tstzmultirange)
  and (%(ids)b::text[] is null or c.id = any(%(ids)b))
  and (%(groups)b::int is null or c.pk = any(array(
      select i.pk from unnest(%(numbers)b::int[], %(systems)b::text[], %(values)b::text[]) w(number, system, value)
      join fhir_resources.identifier i
        on i.type = %(type)b and i.value = w.value and (w.system is null or i.system = w.system)
      group by i.pk having count(distinct w.number) = %(groups)b)))
  and (%(after)b::timestamptz is null or (c.last_updated, c.pk) > (%(after)b, %(after_pk)b))
order by c.last_updated, c.pk limit %(limit)b;

-- name: newest_first
-- The same in the other direction.
select c.type, c.id, c.version, c.last_updated, c.splice, c.body, c.pk, c.position from fhir_resources.current c
where c.type = %(type)b and not c.deleted
  and c.last_updated >= %(start)b and c.last_updated < %(end)b
  and (%(spans)b::tstzmultirange is null or c.last_updated <@ %(spans)b::tstzmultirange)
  and (%(ids)b::text[] is null or c.id = any(%(ids)b))
  and (%(groups)b::int is null or c.pk = any(array(
      select i.pk from unnest(%(numbers)b::int[], %(systems)b::text[], %(values)b::text[]) w(number, system, value)
      join fhir_resources.identifier i
        on i.type = %(type)b and i.value = w.value and (w.system is null or i.system = w.system)
      group by i.pk having count(distinct w.number) = %(groups)b)))
  and (%(after)b::timestamptz is null or (c.last_updated, c.pk) < (%(after)b, %(after_pk)b))
order by c.last_updated desc, c.pk desc limit %(limit)b;

-- name: count
-- How many match.
select count(*) from fhir_resources.current c
where c.type = %(type)b and not c.deleted
  and c.last_updated >= %(start)b and c.last_updated < %(end)b
  and (%(spans)b::tstzmultirange is null or c.last_updated <@ %(spans)b::tstzmultirange)
  and (%(ids)b::text[] is null or c.id = any(%(ids)b))
  and (%(groups)b::int is null or c.pk = any(array(
      select i.pk from unnest(%(numbers)b::int[], %(systems)b::text[], %(values)b::text[]) w(number, system, value)
      join fhir_resources.identifier i
        on i.type = %(type)b and i.value = w.value and (w.system is null or i.system = w.system)
      group by i.pk having count(distinct w.number) = %(groups)b)));

-- name: frequent
-- Terms that many rows of the serving generation have. A table that was never analysed gives none.
select u.term
from views.generations g
join pg_namespace n on n.nspname = g.view || '_' || g.generation
join pg_class c on c.relnamespace = n.oid and c.relname = 'search'
join pg_stats s on s.schemaname = n.nspname and s.tablename = c.relname and s.attname = 'terms'
cross join lateral unnest(s.most_common_elems::text::bigint[], s.most_common_elem_freqs) u(term, share)
where g.view = 'fhir_resources' and g.state = 'serving' and u.term is not null
  and u.share * c.reltuples > %(many)b;

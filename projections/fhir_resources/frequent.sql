-- name: terms
-- Terms that many rows of the serving generation have. A table that was never analysed gives none.
select u.term
from views.generations g
join pg_namespace n on n.nspname = g.view || '_' || g.generation
join pg_class c on c.relnamespace = n.oid and c.relname = 'search'
join pg_stats s on s.schemaname = n.nspname and s.tablename = c.relname and s.attname = 'terms'
cross join lateral unnest(s.most_common_elems::text::bigint[], s.most_common_elem_freqs) u(term, share)
where g.view = 'fhir_resources' and g.state = 'serving' and u.term is not null
  and u.share * c.reltuples > %(many)b;

-- name: words
-- The texts for which terms stand.
select number::int, text from fhir_resources.search_word where term = any(%(terms)b::bigint[]);

-- name: texts
-- Folded texts, each with the rows for which it stands: the most frequent with those that have it; the bounds of
-- the histogram, between which are equally many, with their share of the rest.
select u.text, sum(u.share * c.reltuples)
from views.generations g
join pg_namespace n on n.nspname = g.view || '_' || g.generation
join pg_class c on c.relnamespace = n.oid and c.relname = 'search_string'
join pg_stats s on s.schemaname = n.nspname and s.tablename = c.relname and s.attname = 'folded'
cross join lateral (
    select * from unnest(s.most_common_vals::text::text[], s.most_common_freqs) m(text, share)
    union all
    select b.text, (1 - coalesce((select sum(f) from unnest(s.most_common_freqs) f), 0))
                   / array_length(s.histogram_bounds::text::text[], 1)
    from unnest(s.histogram_bounds::text::text[]) b(text)
) u
where g.view = 'fhir_resources' and g.state = 'serving'
group by u.text;

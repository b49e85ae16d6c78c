-- name: append
-- Decides and stores a flush. The parameters are columns of it, in the order of append.sql, and whether it may be
-- stored where no relay is known of. Where it may not, there is no row then, and nothing is stored.
select verdicts, ends, last_updated from record.append(
    %b, %b, %b::integer[], %b::text[], %b::text[], %b::bytea[], %b::bytea[],
    %b::integer[], %b::uuid[], %b::text[], %b::bytea[], %b::uuid[], %b::bigint[],
    %b::integer[], %b::text[], %b::text[], %b::uuid[], %b::uuid[],
    %b::integer[], %b::boolean[], %b::bytea[],
    %b::integer[], %b::text[], %b::text[], %b::integer[],
    %b::integer[], %b::text[], %b::text[], %b::text[], %b::text[],
    %b::integer[], %b::text[], %b::text[], %b::text[], %b::text[])
where %b or exists (select from record.relay);

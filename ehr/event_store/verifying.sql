-- What the record keeps beside its facts, against what a fold of the facts has given in temporary tables of the
-- same names (restoring.py): how many resources, subjects or answers differ.

-- name: at_one_moment
-- What is asked from here on sees the record as of the next statement.
begin transaction isolation level repeatable read;

-- name: end
-- Where the record ends at that moment.
select coalesce(max(notification_id), 0) from record.facts;

-- name: over
-- The moment is over.
rollback;

-- name: heads
-- Resources whose current version is another one.
select count(distinct (type, id)) from (
    (select * from record.heads except select * from pg_temp.heads)
    union all (select * from pg_temp.heads except select * from record.heads)) d;

-- name: claims
-- Resources that bear other identifiers.
select count(distinct (type, id)) from (
    (select * from record.claims except select * from pg_temp.claims)
    union all (select * from pg_temp.claims except select * from record.claims)) d;

-- name: subjects
-- Subjects with another number of facts.
select count(distinct subject) from (
    (select * from record.subjects except select * from pg_temp.subjects)
    union all (select * from pg_temp.subjects except select * from record.subjects)) d;

-- name: answers
-- Answers that differ. Those without a fact are kept here alone; those of 30 days ago may have been forgotten.
select count(distinct (client, key)) from (
    (select * from record.answers where position <> 0 except select * from pg_temp.answers)
    union all
    (select * from pg_temp.answers where answered_at > clock_timestamp() - interval '30 days' + interval '1 hour'
     except select * from record.answers)) d;

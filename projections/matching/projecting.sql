-- name: former
-- How people stand whose Patient, or a RelatedPerson of it, gets another version.
select subject, patient, version, prepared, mothers from person where subject = any(%(subjects)b::uuid[]);

-- name: relatives
-- What the RelatedPersons of people say, in a fixed order.
select subject, id, mothers from relative where subject = any(%(subjects)b::uuid[]) order by subject, id;

-- name: forget_relatives
-- RelatedPersons that get another version, or leave their subject.
delete from relative r using unnest(%(subjects)b::uuid[], %(ids)b::text[]) n(subject, id)
where r.subject = n.subject and r.id = n.id;

-- name: add_relatives
-- RelatedPersons that name the mother.
insert into relative select * from unnest(%(subjects)b::uuid[], %(ids)b::text[], %(mothers)b::bytea[]);

-- name: forget_people
-- People who are not there any more.
delete from person where subject = any(%(subjects)b::uuid[]);

-- name: state_people
-- People as they are now.
insert into person as p
select * from unnest(
    %(subjects)b::uuid[], %(patients)b::text[], %(versions)b::integer[], %(prepared)b::bytea[], %(mothers)b::bytea[]
)
on conflict (subject) do update set
    version = excluded.version, prepared = excluded.prepared, mothers = excluded.mothers;

-- name: forget_keys
-- Keys that are not theirs any more.
delete from block_key b using unnest(%(keys)b::bigint[], %(subjects)b::uuid[]) n(key, subject)
where b.key = n.key and b.subject = n.subject;

-- name: add_keys
-- Keys that are theirs now.
insert into block_key select * from unnest(%(keys)b::bigint[], %(subjects)b::uuid[]);

-- name: count_names
-- So many more, or fewer, are called so.
insert into name_count as c
select * from unnest(%(communes)b::text[], %(words)b::text[], %(parts)b::text[], %(people)b::integer[])
on conflict (commune, word, part) do update set people = c.people + excluded.people;

-- name: forget_names
-- Names that nobody has there any more.
delete from name_count c using unnest(%(communes)b::text[], %(words)b::text[], %(parts)b::text[]) n(commune, word, part)
where c.commune = n.commune and c.word = n.word and c.part = n.part and c.people = 0;

-- name: summaries
-- Who some Patients are, in a line; none of one that is deleted or is not known.
select p.id, p.name, p.sex, p.birth_date, coalesce(p.commune_name, p.address, p.province_name), p.deceased, p.active,
       v.facility
from citizens.person p left join lateral (
    select facility from citizens.visit v where v.subject = p.subject order by starts desc nulls last limit 1
) v on true
where p.subject = any(%(subjects)b::uuid[]);

-- name: summaries
-- Who some Patients are, in a line; none of one that is deleted or is not known.
select id, name, sex, birth_date, coalesce(commune_name, address, province_name), deceased, active
from citizens.person where subject = any(%(subjects)b::uuid[]);

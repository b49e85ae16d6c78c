"""Who is one person: what was decided about pairs of Patients, and whom that makes one."""

"""Waiting for views that come to the end of the log, and telling who stood in the way when one does not."""

import time
from collections.abc import Callable, Mapping

from projections.generations import Generation
from tests.stating import looking

STILL_SECONDS = 30.0
"""A view that has not gone on for so long hangs. Less than COMPUTING_SECONDS (ehr/event_store/lease.py), so
that nothing which ends only then can pass for slow."""

LOOK_SECONDS = 0.05

_POSITIONS = "select view, generation, position from views.generations"

_AT_WORK = """
select concat_ws(' ', a.pid, a.application_name, a.state, a.wait_event_type, a.wait_event,
                 round(extract(epoch from clock_timestamp() - a.state_change)), 's',
                 'waits for ' || nullif(pg_blocking_pids(a.pid), '{}')::text,
                 case when l.pid is not null then 'has the lease' end)
from pg_stat_activity a
left join pg_locks l on l.pid = a.pid and l.locktype = 'advisory' and l.granted and l.objsubid = 1
  and (l.classid::bigint << 32 | l.objid::bigint)
    = hashtextextended('views.project.' || split_part(a.application_name, ' ', -1), 0)
where a.application_name like 'ehr %' order by a.application_name, a.pid
"""


def hung(
    url: str,
    generations: Mapping[str, Generation],
    end: int,
    now: Callable[[], float] = time.monotonic,
    pause: Callable[[float], None] = time.sleep,
) -> list[str]:
    """Waits until each view has come to position ``end``: gives nothing then. As soon as one of them has not
    gone on for STILL_SECONDS, whatever the others do: that one, and what every projector does.

    A view goes on when it is further than it ever was. That has an end, and so has the waiting.
    """
    furthest = dict.fromkeys(generations, 0)
    moved = dict.fromkeys(generations, now())
    while min(furthest.values()) < end:
        pause(LOOK_SECONDS)
        for name, position in positions(url, generations).items():
            if position > furthest[name]:
                furthest[name], moved[name] = position, now()
        still = [name for name in furthest if furthest[name] < end and now() - moved[name] > STILL_SECONDS]
        if still:
            where = ", ".join(f"{name} at {furthest[name]}" for name in furthest)
            return [f"{' and '.join(still)} hung: {where} of {end}", *_at_work(url)]
    return []


def positions(url: str, generations: Mapping[str, Generation]) -> dict[str, int]:
    """How far each view has come in its generation."""
    with looking(url) as connection:
        found = {(view, number): position for view, number, position in connection.execute(_POSITIONS)}
    return {name: found[name, one.number] for name, one in generations.items()}


def _at_work(url: str) -> list[str]:
    with looking(url) as connection:
        return [row[0] for row in connection.execute(_AT_WORK)]

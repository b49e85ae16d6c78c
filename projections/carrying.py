"""Carries views along the log for as long as a process lives: through trouble, and beside others that do the
same."""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress

import psycopg
import structlog

from ehr.event_store.connections import RecordTrouble
from ehr.event_store.lease import HeldByAnotherRole
from projections.generations import Generation, OtherCode
from projections.projector import Projector
from streams.event_log import EventLog, LogDamaged, LogMisconfigured, LogUnreachable

TROUBLE_SECONDS = 0.2
"""Between two tries when the database or the log is in trouble."""

LOOK_SECONDS = 2.0
"""Between two looks whether a view that other code has built was rebuilt, or a damaged log was mended."""

STAND_BY_SECONDS = 0.5
"""Between two looks whether the projector that works is still there."""

AWAY_SECONDS = 1.0
"""Between two tries to read a log that is away: longer than another one takes to try its luck."""

TELL_SECONDS = 60.0
"""Between two log lines about what goes on for long."""

log = structlog.get_logger()


class Carrier:
    """One view's projector beside others of the same view: one of them works, and the others stand by."""

    def __init__(self, projector: Projector) -> None:
        """``projector`` follows whichever generation serves."""
        self.projector = projector
        self._stands_by = False
        self._rests_until = self._tells_at = self._spoke_at = 0.0

    @property
    def rests(self) -> bool:
        """Whether it lets some time pass before it tries again."""
        return time.monotonic() < self._rests_until

    def step(self) -> int:
        """``Projector.step``; after trouble, while another one works, or while the view is to be rebuilt, it
        passes nothing and rests, and lets another one try meanwhile: it may have newer code, or another way
        to the log."""
        if self.rests:
            return 0
        try:
            return self._work() if self._take() else 0
        except OtherCode as other:
            self._wait_for_rebuild(other.generation)
        except LogDamaged as error:
            self._wait_with(error, LOOK_SECONDS, "the log is damaged, and the view stands still")
        except HeldByAnotherRole as error:
            self._wait_with(error, STAND_BY_SECONDS, "standing by for a projector that hangs")
        except (LogUnreachable, LogMisconfigured) as error:
            self._wait_with(error, AWAY_SECONDS, "the log is away, trying again")
        except (psycopg.Error, MemoryError) as error:
            log.warning("trouble, trying again", view=self.projector.view.name, kind=type(error).__name__)
            self.projector.close()
            self._rest(TROUBLE_SECONDS)
        return 0

    def _take(self) -> bool:
        taken = self.projector.take()
        if taken == self._stands_by:
            self._stands_by = not taken
            log.info("standing by" if self._stands_by else "taking over", view=self.projector.view.name)
        if not taken:
            self._rest(STAND_BY_SECONDS)
        return taken

    def _work(self) -> int:
        if time.monotonic() - self._spoke_at > LOOK_SECONDS:
            self._spoke_at = time.monotonic()
            self.projector.keep()
        return self.projector.step()

    def _wait_for_rebuild(self, generation: Generation) -> None:
        self._let_others(LOOK_SECONDS)
        if self._is_to_tell():
            view = self.projector.view
            log.error(
                "view was built by other code and stands still",
                view=view.name,
                generation=generation.number,
                built_by=generation.code_version,
                code_version=view.code_version,
                command=f"ehr rebuild {view.name}",
            )

    def _wait_with(self, error: Exception, seconds: float, what: str) -> None:
        self._let_others(seconds)
        if self._is_to_tell():
            log.error(what, view=self.projector.view.name, trouble=str(error))

    def _let_others(self, seconds: float) -> None:
        """Rests without the lease."""
        self._rest(seconds)
        with suppress(psycopg.Error):
            self.projector.release()

    def _is_to_tell(self) -> bool:
        if time.monotonic() < self._tells_at:
            return False
        self._tells_at = time.monotonic() + TELL_SECONDS
        return True

    def _rest(self, seconds: float) -> None:
        self._rests_until = time.monotonic() + seconds


def run_projectors(
    projectors: Sequence[Projector], event_log: EventLog, stopped: Callable[[], bool], patience: float = 0.5
) -> None:
    """Carries views along the log, taking turns, until ``stopped()``; trouble is retried for ever.

    patience: seconds between two looks whether to stop.
    """
    carriers = [Carrier(projector) for projector in projectors]
    while not stopped():
        if not sum([carrier.step() for carrier in carriers]):
            _wait(event_log, carriers, patience)


def _wait(event_log: EventLog, carriers: Sequence[Carrier], patience: float) -> None:
    """Until there is more for one of those who do not rest."""
    try:
        awake = [carrier.projector.position for carrier in carriers if not carrier.rests]
        if awake:
            event_log.wait(min(awake), patience)
        else:
            time.sleep(TROUBLE_SECONDS)
    except (*RecordTrouble, LogUnreachable, LogMisconfigured, LogDamaged):
        time.sleep(TROUBLE_SECONDS)

"""A running backbone that is looked after, so that what is killed comes back."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.house import House, open_house


@contextmanager
def looked_after_house() -> Iterator[House]:
    """The backbone as `ehr run` keeps it: programs and database are started again when they end."""
    with open_house() as house:
        stop = threading.Event()
        keeper = threading.Thread(target=_look_after, args=(house, stop))
        keeper.start()
        try:
            yield house
        finally:
            stop.set()
            keeper.join()


def _look_after(house: House, stop: threading.Event) -> None:
    while not stop.wait(0.05):
        if not house.postgres.is_running():
            house.postgres.launch()
        house.supervisor.check()

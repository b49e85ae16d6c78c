"""Python's search for cycles, switched off where it only costs: parsed resources are many and have none."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

OFTEN = 20_000
"""Objects made between two searches among the young: a request makes some hundreds, and nearly no cycles."""


def settle() -> None:
    """For a program that has started: what it has loaded stays, and is not searched again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(OFTEN, 20, 20)


@contextmanager
def no_search_for_cycles() -> Iterator[None]:
    """Within it, memory is freed by reference counts alone. Of an import, the search takes a fifth."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def collect_young() -> None:
    """For a moment in which nobody waits: templates leave cycles behind, with all that they have shown."""
    gc.collect(0)

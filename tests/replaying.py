"""Projecting in tests, and whether what readers see is what the log says."""

from collections.abc import Iterator
from contextlib import contextmanager

from projections.digests import digest
from projections.fhir_resources.view import FhirResources
from projections.generations import Generation, add_generation, serving
from projections.projector import Projector
from projections.view import View
from streams.notification_log import NotificationLog
from tests.stating import looking


@contextmanager
def projector(
    url: str, view: View | None = None, generation: Generation | None = None
) -> Iterator[Projector]:
    """A projector with a log of its own."""
    log = NotificationLog(url)
    one = Projector(view or FhirResources(), log, url, generation)
    yield one
    one.close()
    log.close()


def catch_up(url: str, view: View | None = None, generation: Generation | None = None) -> None:
    """Projects all that there is."""
    with projector(url, view, generation) as one:
        while one.step():
            pass


def fresh_digest(url: str) -> dict[str, tuple[int, int]]:
    """The digest of a generation that is made now from the whole log."""
    with looking(url) as connection:
        generation = add_generation(connection, FhirResources())
    catch_up(url, generation=generation)
    with looking(url) as connection:
        return digest(connection, FhirResources(), generation)


def serving_digest(url: str) -> dict[str, tuple[int, int]]:
    """The digest of what readers see."""
    with looking(url) as connection:
        generation = serving(connection, "fhir_resources")
        assert generation is not None
        return digest(connection, FhirResources(), generation)

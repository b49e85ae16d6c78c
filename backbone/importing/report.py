"""What became of an import."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from backbone.importing.answers import Delivery
from backbone.importing.refusals import Refusal, Skipped
from backbone.importing.submissions import Submission

ALL_STORED, SOME_REFUSED, COULD_NOT_RUN = 0, 1, 2
"""Exit codes."""


@dataclass(slots=True)
class ImportReport:
    """Counts of resources, and what needs a person's eye.

    created: new in the record. unchanged: accepted, but there before, or updated. known: not sent, because
    the ledger says that an earlier import stored them. refused: not stored. failure: why the import ended
    early or did not begin. again: what earlier imports stored was sent too; the server answers that as it did
    then, so who created it cannot be told.
    """

    created: int = 0
    unchanged: int = 0
    known: int = 0
    refused: int = 0
    refusals: list[Refusal] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    failure: str | None = None
    again: bool = False

    @property
    def exit_code(self) -> int:
        """0: all is stored. 1: something was refused. 2: the import could not run, or not to its end."""
        if self.failure:
            return COULD_NOT_RUN
        return SOME_REFUSED if self.refusals else ALL_STORED

    def lines(self) -> Iterator[str]:
        """The report as a person reads it, without the refusals themselves."""
        if self.failure:
            yield f"The import could not {'go on' if self._anything else 'run'}: {self.failure}"
        yield from (f"left out: {one.document}: {one.reason}" for one in self.skipped)
        if self.known and not (self.created or self.unchanged or self.refusals or self.failure):
            yield f"Nothing new: all {self.known:,} resources were stored by an earlier import."
        elif self._anything or not self.failure:
            yield (
                f"{self.created:,} resources created{self._by_whom}, "
                f"{self.unchanged:,} updated or there before, "
                f"{self.known:,} known from an earlier import, {self.refused:,} refused."
            )

    @property
    def _by_whom(self) -> str:
        return " by this import or an earlier one" if self.again else ""

    @property
    def _anything(self) -> int:
        return self.created + self.unchanged + self.known + self.refused

    def add_known(self, submission: Submission) -> None:
        """Counts what is not sent, because it was stored before."""
        self.known += submission.resources

    def add(self, delivery: Delivery) -> None:
        """Counts what was sent."""
        self.created += delivery.created
        self.unchanged += delivery.unchanged
        self.refused += delivery.refused
        self.refusals += delivery.refusals

    def add_unsent(self, refusal: Refusal) -> None:
        """Counts what is no resource."""
        self.refused += 1
        self.refusals.append(refusal)

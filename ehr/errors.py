"""Refusals: why the record does not accept a request. The docstring of each is its message to the caller."""


class Refusal(Exception):
    """The request was refused."""

    def __init__(self, detail: str = "", *, entry: int | None = None) -> None:
        """``detail`` adds to the message and holds no personal data; ``entry``: index in the Bundle."""
        self.detail = detail
        self.entry = entry
        super().__init__(self.message)

    @property
    def message(self) -> str:
        """What the caller is told."""
        return " ".join(f"{type(self).__doc__ or ''} {self.detail}".split())


class VersionConflict(Refusal):
    """The resource has another version than If-Match names."""


class NotUnique(Refusal):
    """The condition matches more than one resource."""


class IdTaken(Refusal):
    """The condition matches no resource, and the id of the resource is that of another one."""


class Unmatched(Refusal):
    """A conditional reference matches no resource."""


class Ambiguous(Refusal):
    """A conditional reference matches more than one resource."""


class Undecidable(Refusal):
    """It cannot be decided what meets this condition of a conditional request or reference."""


class AsksTooMuch(Refusal):
    """The condition asks for too much at once."""


class TooMany(Refusal):
    """The condition matches more resources than are deleted at once."""


class TooCostly(Refusal):
    """To find what meets these conditions takes too long. Name identifiers, or ask for less at once."""


class KeyReused(Refusal):
    """The Idempotency-Key was used for another request before."""


class Unknown(Refusal):
    """There is no such resource."""


class Gone(Refusal):
    """The resource was deleted."""


class Contradiction(Refusal):
    """The request contradicts itself."""


class TooLarge(Refusal):
    """The request is larger than this server accepts."""


class Unresolved(Refusal):
    """A reference points to an entry that this request does not contain."""


class KeptApart(Refusal):
    """Somebody has looked at these two Patients and has not linked them; only a number that they did not have
    in common then lets a program come back to it."""


class NoNumberShared(Refusal):
    """A program links two Patients only by a number that was captured or verified in both."""


class OnlyPeople(Refusal):
    """Only a person decides that: a program links, proposes and doubts."""


class NotLinked(Refusal):
    """These two Patients are not linked with each other."""


class StillLinked(Refusal):
    """These two Patients are linked: the link is to be taken back first."""


class NotProposed(Refusal):
    """There is no proposal to put off."""


class Outdated(Refusal):
    """One of these two Patients was amended after it was looked at."""


class JudgedMeanwhile(Refusal):
    """Something else has been decided about these two Patients meanwhile."""


class StillMerged(Refusal):
    """These two Patients are merged: that is to be taken back first, by Patient/$unmerge."""


class NotMerged(Refusal):
    """These two Patients are not merged in this order."""


class JudgedDifferent(Refusal):
    """Somebody has judged that these two Patients are not one person: before they are merged, that is to be
    taken back by linking them."""


class AlreadyReplaced(Refusal):
    """This Patient is replaced by another one already."""


class NotNamed(Refusal):
    """What is to name one Patient names none, or several."""


class NotThere(Refusal):
    """This Patient was never stated, or was deleted."""


class Unavailable(Refusal):
    """The record cannot be reached now. This attempt stored nothing. An earlier one with the same
    Idempotency-Key may have been stored; a retry with that key is safe."""


class OutcomeUnknown(Unavailable):
    """Whether this request was stored is not known yet. A retry with the same Idempotency-Key is safe."""


class Unseen(Unavailable):
    """What this condition may match is not all shown yet. This attempt stored nothing. An earlier one with
    the same Idempotency-Key may have been stored; a retry with that key is safe."""


class Uncompared(Unavailable):
    """Writing waits until the log has been found to have no more than the store: /readyz says what keeps it.
    This attempt stored nothing. An earlier one with the same Idempotency-Key may have been stored; a retry
    with that key is safe."""

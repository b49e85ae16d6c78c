"""What can go wrong at the door, and the one table from kinds of error to answers."""

from typing import NamedTuple

from ehr import errors


class Answer(NamedTuple):
    """HTTP status and OperationOutcome issue code (https://hl7.org/fhir/R4/valueset-issue-type.html)."""

    status: int
    code: str


class ApiError(Exception):
    """A request that this API refuses by itself. Its class says why; the docstring is the message."""

    def __init__(
        self, detail: str = "", *, expression: str = "", headers: dict[str, str] | None = None
    ) -> None:
        """detail: adds to the message, without personal data. expression: FHIRPath of the place."""
        self.expression = expression
        self.headers = headers or {}
        self.message = f"{(type(self).__doc__ or '').strip()} {detail}".strip()
        super().__init__(self.message)


class BadRequest(ApiError):
    """The request cannot be understood."""


class NotThisServer(ApiError):
    """The Host header names a server that this is not. Its operator names it in EHR_ALLOWED_HOSTS."""


class ForeignSite(ApiError):
    """A page of another site sent this request."""


class AddressTooLong(ApiError):
    """The address is too long; a search may be sent by POST."""


class HeadersTooLarge(ApiError):
    """The headers are too large."""


class UnknownParameter(ApiError):
    """The request has parameters that are not supported here."""


class NotSupported(ApiError):
    """The request asks for what is not supported here."""


class TooLittleSaid(ApiError):
    """This says too little of a person to compare it with others: it takes a number, a telephone, or a name
    and a birth year."""


class OthersKeptApart(ApiError):
    """Somebody has judged that these are not one person, and by this merge they would be, over links with
    others. One of these decisions is to be taken back first."""


class TooMuchAsked(ApiError):
    """The search asks for too much at once."""


class NoSuchPlace(ApiError):
    """There is nothing at this address."""


class MethodNotAllowed(ApiError):
    """This address does not take this method."""


class NotAcceptable(ApiError):
    """Answers are given as application/fhir+json only."""


class UnsupportedMediaType(ApiError):
    """The body must be application/fhir+json or application/json."""


class NotAForm(ApiError):
    """The body must be application/x-www-form-urlencoded."""


class BodyTooLarge(ApiError):
    """The body is larger than this server accepts."""


class TooSlow(ApiError):
    """The body did not come in time. Nothing was stored; send it again."""


class NotShownYet(ApiError):
    """The views do not show yet what is asked for."""


class Busy(ApiError):
    """The server is busy with other large requests. This attempt stored nothing; try again later."""


class TooMuchRead(ApiError):
    """What the entries of this Bundle read is more than is answered at once. Read the rest apart."""


class NotKept(ApiError):
    """What this search had found is not kept any more. Search again."""


class TooMany(ApiError):
    """More resources match than can be kept as they are now. Ask for less, or walk without a snapshot."""


class NoMoreSnapshots(ApiError):
    """So many snapshots are kept that there is no room for this one. Walk without it, or try again later."""


class TooManyIncluded(ApiError):
    """More would be included than is answered at once. Ask for fewer matches on a page (_count)."""


class NoRoom(ApiError):
    """The server is busy with other large requests. Read this again later."""


class WorkerLost(ApiError):
    """A worker died. Whether it stored this is not known; a retry with the same key is safe."""


ANSWERS: dict[type[Exception], Answer] = {
    BadRequest: Answer(400, "invalid"),
    NotThisServer: Answer(421, "security"),
    ForeignSite: Answer(403, "security"),
    AddressTooLong: Answer(414, "too-long"),
    HeadersTooLarge: Answer(431, "too-long"),
    UnknownParameter: Answer(400, "not-supported"),
    NotSupported: Answer(400, "not-supported"),
    TooLittleSaid: Answer(400, "required"),
    OthersKeptApart: Answer(422, "business-rule"),
    TooMuchAsked: Answer(400, "too-costly"),
    NoSuchPlace: Answer(404, "not-found"),
    MethodNotAllowed: Answer(405, "not-supported"),
    NotAcceptable: Answer(406, "not-supported"),
    UnsupportedMediaType: Answer(415, "not-supported"),
    NotAForm: Answer(415, "not-supported"),
    BodyTooLarge: Answer(413, "too-long"),
    TooSlow: Answer(408, "timeout"),
    NotShownYet: Answer(503, "transient"),
    TooMuchRead: Answer(413, "too-costly"),
    NotKept: Answer(410, "not-found"),
    TooMany: Answer(413, "too-costly"),
    NoMoreSnapshots: Answer(503, "throttled"),
    TooManyIncluded: Answer(413, "too-costly"),
    Busy: Answer(503, "throttled"),
    NoRoom: Answer(503, "throttled"),
    WorkerLost: Answer(503, "transient"),
    errors.Unknown: Answer(404, "not-found"),
    errors.Gone: Answer(410, "deleted"),
    errors.VersionConflict: Answer(412, "conflict"),
    errors.NotUnique: Answer(412, "multiple-matches"),
    errors.IdTaken: Answer(409, "conflict"),
    errors.Unmatched: Answer(412, "not-found"),
    errors.Ambiguous: Answer(412, "multiple-matches"),
    errors.Undecidable: Answer(400, "not-supported"),
    errors.AsksTooMuch: Answer(400, "too-costly"),
    errors.TooMany: Answer(413, "too-costly"),
    errors.TooCostly: Answer(413, "too-costly"),
    errors.KeyReused: Answer(422, "duplicate"),
    errors.Contradiction: Answer(400, "invalid"),
    errors.TooLarge: Answer(413, "too-long"),
    errors.Unresolved: Answer(400, "not-found"),
    errors.KeptApart: Answer(409, "business-rule"),
    errors.NoNumberShared: Answer(409, "business-rule"),
    errors.OnlyPeople: Answer(409, "business-rule"),
    errors.NotLinked: Answer(409, "conflict"),
    errors.StillLinked: Answer(409, "conflict"),
    errors.NotProposed: Answer(409, "conflict"),
    errors.Outdated: Answer(412, "conflict"),
    errors.JudgedMeanwhile: Answer(412, "conflict"),
    errors.StillMerged: Answer(409, "conflict"),
    errors.NotMerged: Answer(422, "business-rule"),
    errors.JudgedDifferent: Answer(422, "business-rule"),
    errors.AlreadyReplaced: Answer(422, "business-rule"),
    errors.NotNamed: Answer(422, "not-found"),
    errors.NotThere: Answer(422, "not-found"),
    errors.Unavailable: Answer(503, "transient"),
    errors.Unseen: Answer(503, "transient"),
    errors.Uncompared: Answer(503, "transient"),
    errors.OutcomeUnknown: Answer(503, "transient"),
}
"""Every error that a client meets, but for what intake finds (400, 413 or 422) and the unforeseen (500)."""

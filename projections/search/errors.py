"""Why a query cannot be answered. No text holds a value of the query: it may be a citizen's number."""


class Unsearchable(Exception):
    """The query asks for what there is not. The text says what, and what there is instead."""


class UnknownName(Unsearchable):
    """A parameter, modifier or type that the server does not know; who wants it lenient may leave it out."""


class TooMuchAsked(Unsearchable):
    """The query asks for more at once than is answered."""


class BadValue(Unsearchable):
    """A value that its parameter cannot have."""

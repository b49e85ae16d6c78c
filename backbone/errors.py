"""Why a command cannot be carried out."""


class Refused(Exception):
    """The command cannot be carried out, for a reason that its user can mend: shown without a trace."""

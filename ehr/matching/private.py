"""What is said of somebody and must not stand in a log."""

import msgspec


class Private(msgspec.Struct, frozen=True, gc=False):
    """A value whose repr names its kind alone."""

    def __repr__(self) -> str:
        """Without what it holds."""
        return f"<{type(self).__name__}>"

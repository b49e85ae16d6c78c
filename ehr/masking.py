"""Numbers of people as they may be shown in passing and written to logs."""


def mask(value: str) -> str:
    """``045090000017`` as ``0450****0017``: the ends, for comparing with a card.

    A short number shows two at each end; one of four characters or less has nothing to hide.
    """
    ends = 4 if len(value) >= 10 else 2
    hidden = len(value) - 2 * ends
    return f"{value[:ends]}{'*' * hidden}{value[-ends:]}" if hidden > 0 else value

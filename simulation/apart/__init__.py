"""A province whose facilities register everybody for themselves: whether charts tell of one person each."""

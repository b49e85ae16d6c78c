"""Who asks, and what they may do: the one place where sign-in will decide it."""

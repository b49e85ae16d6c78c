"""Who may be whom: every Patient prepared for comparison, found by what two of one person have in common."""

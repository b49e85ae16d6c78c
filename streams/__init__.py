"""The log: recorded facts in one order, as readers see them."""

"""Search at scale: how long searches take among many resources, and among those that were updated."""

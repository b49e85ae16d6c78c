"""The views: what the log's facts mean for those who read."""

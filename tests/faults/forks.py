"""Where the processes of all campaigns come from: one that has imported already what they need."""

import multiprocessing

FORKS = multiprocessing.get_context("forkserver")
# There is one list for all: whoever sets it anew takes from others what they need.
FORKS.set_forkserver_preload(["tests.faults.projecting", "tests.faults.relays"])

"""``python -m tests.faults [N]``: N trials of each harness, one line each, with a fault every half second."""

import sys

from tests.faults.harness import FAULTS, trial
from tests.faults.house import looked_after_house


def main() -> int:
    """Gives the number of failed trials."""
    trials = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    failed = 0
    for name, fault in FAULTS.items():
        with looked_after_house() as house:
            failures = 0
            for seed in range(trials):
                wrong = trial(house, fault, seed)
                failures += bool(wrong)
                print(f"\r{name}: {seed + 1}/{trials} {'; '.join(wrong)}", end="", flush=True)
            print(f"\r{name}: {trials} trials, {failures} failures, 95 % bound {3 / trials:.2g}", flush=True)
            failed += failures
    return failed


if __name__ == "__main__":
    sys.exit(min(main(), 1))

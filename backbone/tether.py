"""Runs a command that does not outlive its parent: `python tether.py [options] -- COMMAND ARGUMENT…`.

The kernel is asked to signal this process when the thread that started it ends (`PR_SET_PDEATHSIG`,
prctl(2)), then the command takes its place by exec. Being a program of its own instead of a `preexec_fn`
keeps the fork safe in processes with threads. It runs as a file, without the package, so that it starts in
some 15 milliseconds.

Hazards:
- the signal follows the *thread* that started the child, so children are started from a thread that stays;
- a change of user clears the request, so the user is changed first;
- elsewhere than on Linux the request does not exist and the command is run without it.
"""

import argparse
import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def become(user: int, group: int) -> None:
    """Gives up root for the numeric `user` and `group`, supplementary groups included."""
    os.setgroups([])
    os.setgid(group)
    os.setuid(user)


def follow_parent(parent: int, signal_number: int) -> None:
    """Has the kernel send `signal_number` to this process when its parent dies; exits if it has."""
    if sys.platform != "linux":
        return
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_PDEATHSIG, signal_number, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) failed")
    if os.getppid() != parent:
        sys.exit(f"parent {parent} is gone")


def command_line(
    command: list[str],
    *,
    parent: int,
    signal_number: int = signal.SIGTERM,
    user: tuple[int, int] | None = None,
) -> list[str]:
    """The argument list that runs `command` tethered to process `parent`, as `user` (uid, gid) when given."""
    identity = [] if user is None else ["--user", str(user[0]), "--group", str(user[1])]
    options = ["--parent", str(parent), "--signal", str(int(signal_number)), *identity]
    return [sys.executable, "-I", "-S", __file__, *options, "--", *command]


def main() -> None:
    """Reads the options, changes the user, ties the process to its parent and becomes the command."""
    parser = argparse.ArgumentParser(description="Run a command that does not outlive its parent.")
    parser.add_argument("--parent", type=int, required=True)
    parser.add_argument("--signal", type=int, default=signal.SIGTERM)
    parser.add_argument("--user", type=int)
    parser.add_argument("--group", type=int)
    parser.add_argument("command", nargs="+")
    options = parser.parse_args()
    if options.user is not None:
        become(options.user, options.group)
    follow_parent(options.parent, options.signal)
    os.execvp(options.command[0], options.command)


if __name__ == "__main__":
    main()

"""Which user the embedded servers run as, and which places that user can reach.

PostgreSQL refuses to run as root, and a broker that asks nobody for a password should not. Started by root,
they run as `postgres` where that user exists and as `nobody` otherwise; no user is created. A user other
than root runs them as itself.
"""

import os
import pwd
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from backbone.errors import Refused

CANDIDATES = ("postgres", "nobody")
PLACE_FOR_ROOT = Path("/var/lib/ehr")


class NoUnprivilegedUser(Refused):
    """No server is run as root, and neither user `postgres` nor user `nobody` exists here."""


@dataclass(frozen=True, slots=True)
class User:
    """A user by number, as the kernel knows it, and by name, as people do."""

    uid: int
    gid: int
    name: str


def server_user(kept: Path) -> User | None:
    """The user to serve what is `kept`: its owner if there is one. None: the user who asks, not root."""
    if os.geteuid() != 0:
        return None
    if kept.exists() and kept.stat().st_uid != 0:
        return _user(pwd.getpwuid(kept.stat().st_uid))
    for name in CANDIDATES:
        try:
            return _user(pwd.getpwnam(name))
        except KeyError:
            continue
    raise NoUnprivilegedUser(str(NoUnprivilegedUser.__doc__))


def _user(entry: pwd.struct_passwd) -> User:
    return User(entry.pw_uid, entry.pw_gid, entry.pw_name)


def reaches(user: User | None, path: Path) -> bool:
    """Whether `user` can pass through `path` and every directory above it, by their permission bits."""
    if user is None:
        return True
    resolved = path.resolve()
    return all(_can_enter(user, place) for place in [resolved, *resolved.parents] if place.exists())


def _can_enter(user: User, directory: Path) -> bool:
    status = directory.stat()
    if status.st_uid == user.uid:
        return bool(status.st_mode & 0o100)
    if status.st_gid == user.gid:
        return bool(status.st_mode & 0o010)
    return bool(status.st_mode & 0o001)


def reachable_directory(directory: Path, user: User | None, server: str, log: Callable[[str], None]) -> Path:
    """The place where `directory` really lies: itself, or a place of its own where `user` cannot get to it.

    The other place is remembered as a symbolic link at `directory`, so that the data stay with a checkout
    that moves.
    """
    if not directory.is_symlink() and not reaches(user, directory.parent):
        directory.symlink_to(_new_place(directory.name), target_is_directory=True)
    if directory.is_symlink():
        log(f"{server} data: {directory} lies in {directory.resolve()}")
    real = directory.resolve()
    real.mkdir(mode=0o711, parents=True, exist_ok=True)
    return real


def _new_place(name: str) -> Path:
    PLACE_FOR_ROOT.mkdir(mode=0o755, parents=True, exist_ok=True)
    place = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=PLACE_FOR_ROOT))
    place.chmod(0o711)
    return place


def reachable_programs(installed: Path, version: str, user: User | None, log: Callable[[str], None]) -> Path:
    """The directory `installed`, or a copy of it (made once a version) where `user` cannot get to it."""
    if reaches(user, installed):
        return installed
    copy = PLACE_FOR_ROOT / f"postgresql-{version}"
    if not copy.exists():
        _copy_whole(installed, copy)
    log(f"PostgreSQL programs: {copy}, because user {user and user.name} cannot reach {installed}")
    return copy


def _copy_whole(source: Path, target: Path) -> None:
    """Copies a tree so that `target` is there whole or not at all, also when two processes copy at once."""
    target.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="copy-", dir=target.parent) as scratch:
        copied = Path(scratch) / target.name
        shutil.copytree(source, copied, symlinks=True)
        try:
            copied.rename(target)
        except OSError:
            if not target.exists():
                raise

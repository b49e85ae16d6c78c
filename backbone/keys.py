"""Secret keys that an installation makes for itself."""

import os
import secrets
from contextlib import suppress
from pathlib import Path


def kept_key(file: Path, size: int) -> bytes:
    """The key in ``file``, which only its owner may read; made at the first call. size: in bytes.

    Of several processes that make it at once, one prevails and all are given its key.
    """
    with suppress(FileNotFoundError):
        return file.read_bytes()
    file.parent.mkdir(parents=True, exist_ok=True)
    made = file.with_name(f"{file.name}.{os.getpid()}")
    made.touch(mode=0o600)
    made.write_bytes(secrets.token_bytes(size))
    with suppress(FileExistsError):
        file.hardlink_to(made)
    made.unlink()
    return file.read_bytes()

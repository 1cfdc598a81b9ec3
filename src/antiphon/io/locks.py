"""One writer at a time: a second process that would write the same product waits for the first."""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from antiphon.io.whole import told_in_one_line
from antiphon.progress import log

__all__ = ["only_writer"]

_NO_LOCKS = frozenset({errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL})


@contextmanager
def only_writer(path: Path) -> Iterator[None]:
    """Hold the right to write ``path``; wait while another process holds it.

    When Snakemake is killed, the job that it started lives on and is started again by the next run: the second then
    waits, and finds the work of the first done. The lock is the kernel's (flock) on an empty hidden file beside
    ``path`` and ends with its process, however that ends; on a shared disk it holds between machines. Where a disk
    knows no locks there is none: scratch names and fingerprints then still keep two writers apart.
    """
    lock = path.with_name(f".{path.name}.lock")
    with told_in_one_line(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = _held(lock, path)
    try:
        yield
    finally:
        lock.unlink(missing_ok=True)
        os.close(descriptor)


def _held(lock: Path, path: Path) -> int:
    """Return the descriptor of the locked file ``lock``; who held it before may have removed it meanwhile."""
    while True:
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            _lock(descriptor, path)
        except OSError as error:
            if error.errno in _NO_LOCKS:
                return descriptor
            os.close(descriptor)
            raise
        try:
            if os.path.samestat(os.fstat(descriptor), lock.stat()):
                return descriptor
        except FileNotFoundError:
            pass
        os.close(descriptor)


def _lock(descriptor: int, path: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        log(f"{path}: waits for another process that writes it, left by a run that was killed; end it if it hangs")
        fcntl.flock(descriptor, fcntl.LOCK_EX)

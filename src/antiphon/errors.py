"""The one family of errors that a user can mend."""

from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["AntiphonError", "mendable"]


class AntiphonError(Exception):
    """A mistake in settings, files or data that the user can mend.

    The message is one line: which file or key, what is wrong, and the cure. The command line prints it without a
    traceback and exits with 2; every other exception is a bug of ours and keeps its traceback.
    """


@contextmanager
def mendable(where: str, cure: str = "") -> Iterator[None]:
    """Turn a ValueError of a pure part, which knows no settings, into an AntiphonError.

    Parameters
    ----------
    where
        File, key or stage that the user knows it by.
    cure
        What to do, where the error does not say it itself.
    """
    try:
        yield
    except ValueError as error:
        raise AntiphonError(f"{where}: {error}{cure and '; '}{cure}") from None

"""The one family of errors that a user can mend."""

__all__ = ["AntiphonError"]


class AntiphonError(Exception):
    """A mistake in settings, files or data that the user can mend.

    The message is one line: which file or key, what is wrong, and the cure. The command line prints it without a
    traceback and exits with 2; every other exception is a bug of ours and keeps its traceback.
    """

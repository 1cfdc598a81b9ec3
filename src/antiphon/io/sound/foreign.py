"""Files that stand where a recording should and are known not to be one: text, pointers, codecs without decoder."""

from __future__ import annotations

from antiphon.io.sound.reasons import Reason

__all__ = ["foreign_reason"]

_MAGIC: tuple[tuple[int, bytes, Reason], ...] = (
    (0, b"version https://git-lfs.github.com/spec/", Reason.GIT_LFS_POINTER),
    (0, b"WAac", Reason.WAC),
    (4, b"ftyp", Reason.M4A),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", Reason.UNSUPPORTED),  # WMA
    (0, b"\x1a\x45\xdf\xa3", Reason.UNSUPPORTED),  # Matroska, WebM
    (0, b"wvpk", Reason.UNSUPPORTED),  # WavPack
    (0, b"MAC ", Reason.UNSUPPORTED),  # Monkey's Audio
    (0, b"TTA1", Reason.UNSUPPORTED),
    (0, b"PK\x03\x04", Reason.UNSUPPORTED),  # zip
    (0, b"\x1f\x8b", Reason.UNSUPPORTED),  # gzip
)
_TEXT_BYTES = frozenset(range(0x20, 0x7F)) | frozenset(b"\t\n\r\f") | frozenset(range(0x80, 0x100))


def foreign_reason(head: bytes) -> Reason | None:
    """Return why the file that starts with ``head`` is no recording, or None if it may be one."""
    for start, magic, reason in _MAGIC:
        if head.startswith(magic, start):
            return reason
    if not head.strip(b"\0"):
        return Reason.ZERO_BYTES
    return Reason.TEXT if _is_text(head) else None


def _is_text(head: bytes) -> bool:
    """Tell whether the first bytes read as UTF-8 without control characters; a cut last character is forgiven."""
    if not _TEXT_BYTES.issuperset(head[:64]) or not _TEXT_BYTES.issuperset(head):
        return False
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start > len(head) - 4 and len(head) > 4
    return True

"""One list a recording: Raven selection tables, Audacity labels, results as BirdNET-Analyzer writes them.

A recording in which nothing was found has its list too, without a row: it was listened to.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence

from antiphon.exports.findings import Recording

__all__ = ["LISTS", "audacity_labels", "birdnet_results", "csv_text", "raven_table"]


def raven_table(recording: Recording) -> str:
    """Return a selection table for Raven Pro and Lite."""
    header = (
        *("Selection", "View", "Channel", "Begin Time (s)", "End Time (s)", "Low Freq (Hz)", "High Freq (Hz)"),
        *("Begin File", "Species", "Common Name", "Scientific Name", "Score", "SNR (dB)"),
    )
    name = recording.path.rsplit("/", 1)[-1]
    rows = [
        (
            *(str(number), "Spectrogram 1", str(recording.channel), f"{event.start_s:.6f}", f"{event.end_s:.6f}"),
            *(f"{event.freq_low_hz:.3f}", f"{event.freq_high_hz:.3f}", _plain(name), _plain(event.source)),
            *(_plain(event.common_name), _plain(event.scientific_name), _number(event.score), _number(event.snr_db)),
        )
        for number, event in enumerate(recording.events, start=1)
    ]
    return "".join("\t".join(row) + "\n" for row in [header, *rows])


def audacity_labels(recording: Recording) -> str:
    """Return a label track for Audacity, with the band of each label."""
    return "".join(
        f"{event.start_s:.6f}\t{event.end_s:.6f}\t{_plain(event.source)}\n"
        f"\\\t{event.freq_low_hz:.6f}\t{event.freq_high_hz:.6f}\n"
        for event in recording.events
    )


def birdnet_results(recording: Recording) -> str:
    """Return results in the columns of BirdNET-Analyzer's CSV; rows are events and not windows of three seconds."""
    rows = [
        (
            *(f"{event.start_s:.3f}", f"{event.end_s:.3f}", event.scientific_name or event.source),
            *(event.common_name, _number(event.score), recording.path),
        )
        for event in recording.events
    ]
    return csv_text(("Start (s)", "End (s)", "Scientific name", "Common name", "Confidence", "File"), rows)


LISTS: Mapping[str, tuple[str, Callable[[Recording], str]]] = {
    "raven": (".Table.1.selections.txt", raven_table),
    "audacity": (".labels.txt", audacity_labels),
    "birdnet": (".BirdNET.results.csv", birdnet_results),
}
"""Formats of one list a recording: what a file's name ends in, behind the recording's own, and what it holds."""


def csv_text(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table as CSV; carriage returns, which Python's writer leaves bare, become spaces."""
    written = io.StringIO()
    table = csv.writer(written, lineterminator="\n")
    table.writerow(header)
    table.writerows([cell.replace("\r", " ") for cell in row] for row in rows)
    return written.getvalue()


def _plain(text: str | None) -> str:
    """Return text that stays in its cell: tabs and line ends become spaces, quotation marks apostrophes."""
    return " ".join((text or "").replace('"', "'").split())


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"

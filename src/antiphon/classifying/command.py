"""``antiphon classify``: let classifiers tell classes of clips apart; no model and no examples are needed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from antiphon.config import Evaluate, section
from antiphon.errors import AntiphonError, mendable
from antiphon.figures.model.confusion import confusion_figure
from antiphon.figures.model.evaluation import SoundClasses, classes_page
from antiphon.figures.pictures import png_bytes
from antiphon.io.whole import whole_file, write_text
from antiphon.learning.clip_classes import classified
from antiphon.learning.devices import choose_device
from antiphon.pairing.chunks import Chunks, read_chunks
from antiphon.progress import log, track
from antiphon.stats.judging.folds import grouped_folds

__all__ = ["run", "write_classes"]

_KEY = "evaluate.classify"


def run(*, settings: str, output: Path, device: str = "auto") -> None:
    """Let classifiers tell classes of clips apart, and write tables, confusion matrices and a page.

    Parameters
    ----------
    settings
        Section ``evaluate`` of the settings as JSON; its ``classify`` says which clips.
    output
        Folder for ``classes.csv``, ``confusion.png`` and ``index.html``.
    device
        ``auto``, ``cpu`` or ``cuda``.

    Raises
    ------
    AntiphonError
        If no clips are named, there are too few to tell apart, or a GPU is asked for and absent.
    """
    found = write_classes(output, section(Evaluate, settings), device)
    write_text(output / "index.html", classes_page(found))
    for row in found.rows:
        if row["class"] == "all":
            about = f"accuracy {row['accuracy']:.3f} ({row['accuracy_low']:.3f} to {row['accuracy_high']:.3f})"
            log(f"classify: {row['classifier']}: {about}, F1 {row['f1']:.3f}")


def write_classes(folder: Path, rules: Evaluate, device: str) -> SoundClasses:
    """Let classifiers tell classes of clips apart, write table and confusion matrices, and return what a page shows.

    Parameters
    ----------
    folder
        Where to.
    rules
        Which clips and classifiers; resamples and seed.
    device
        ``auto``, ``cpu`` or ``cuda``.

    Raises
    ------
    AntiphonError
        As :func:`run`.
    """
    about = rules.classify
    if about is None:
        raise AntiphonError(f"{_KEY} is null: say there which clips are told apart (docs/voices.md)")
    with mendable("classify"):
        place = choose_device(device)
    chunks = read_chunks(about, _KEY)
    fold = _folds(chunks, about.folds)
    try:
        found = [
            classified(
                name, chunks.sounds, chunks.label, fold, rate_hz=about.sample_rate_hz, steps=about.steps,
                seed=rules.seed, device=place,
            )
            for name in track(about.classifiers, "classify")
        ]  # fmt: skip
    except ImportError as error:
        raise AntiphonError(
            f"{_KEY}.classifiers: {error.name} is not installed; pip install 'antiphon[compare]', or leave mfcc out"
        ) from None
    rows = [row for one in found for row in one.rows(chunks.classes, chunks.groups, rules.bootstrap, rules.seed)]
    write_text(folder / "classes.csv", pd.DataFrame(rows).to_csv(index=False, float_format="%.6g", lineterminator="\n"))
    picture = png_bytes(confusion_figure({one.classifier: one.counts(chunks.classes) for one in found}, chunks.classes))
    with whole_file(folder / "confusion.png") as scratch:
        scratch.write_bytes(picture)
    return SoundClasses(rows, picture, chunks.notes)


def _folds(chunks: Chunks, folds: int) -> np.ndarray:
    """Return the fold of each chunk; no group is in two."""
    if len(chunks.classes) < 2:
        raise AntiphonError(
            f"{_KEY}: {chunks.classes[0]} is the only class, so there is nothing to tell apart; add one"
        )
    with mendable(f"{_KEY}.folds", "lower it, or list more groups"):
        return grouped_folds(chunks.groups, chunks.present, folds)

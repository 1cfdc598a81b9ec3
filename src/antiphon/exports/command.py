"""``antiphon export``: write the events of a season as lists that other programs read."""

from __future__ import annotations

from pathlib import Path

from antiphon.errors import AntiphonError
from antiphon.exports.camtrap_dp import camtrap_package
from antiphon.exports.findings import read_findings
from antiphon.exports.lists import LISTS
from antiphon.io.whole import whole_folder, write_json, write_text
from antiphon.progress import log

__all__ = ["FORMATS", "run"]

_CAMTRAP = "camtrap-dp"
FORMATS = (*LISTS, _CAMTRAP)
"""What can be written."""


def run(*, season: Path, model: str, format: str, output: Path, least_score: float = 0.0) -> None:
    """Write what a model found in a season as lists that other programs read.

    Parameters
    ----------
    season
        Folder of the season, ``results/<season>``.
    model
        Name of the model whose events are written.
    format
        ``raven`` (selection tables), ``audacity`` (labels with frequencies), ``birdnet`` (CSV in the columns of
        BirdNET-Analyzer): one file a recording, also where nothing was found. ``camtrap-dp``: one data package in the
        shape of Camtrap DP, experimental.
    output
        Folder to write, new or empty; files lie in it as the recordings lie below the audio root.
    least_score
        Least score of an event, 0 to 1.

    Raises
    ------
    AntiphonError
        If the format is none of these, the folder holds something, or the season has no events of this model.
    """
    if format not in FORMATS:
        raise AntiphonError(f"--format {format}: no such format; choose one of {', '.join(FORMATS)}")
    if output.exists() and any(output.iterdir()):
        raise AntiphonError(f"{output}: not empty; give another folder, or delete it first")
    found = read_findings(season, model, least_score)
    with whole_folder(output) as folder:
        if format == _CAMTRAP:
            files = camtrap_package(found, season.resolve().name, model)
            write_json(folder / "datapackage.json", files.pop("datapackage.json"))
            for name, text in files.items():
                write_text(folder / name, text)
            written = len(files) + 1
        else:
            ending, text_of = LISTS[format]
            written = 0
            for deployment in found:
                for recording in deployment.recordings:
                    path = folder / f"{recording.path}{ending}"
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_text(text_of(recording), encoding="utf-8")
                    written += 1
    log(f"export: {written} files in {output}")

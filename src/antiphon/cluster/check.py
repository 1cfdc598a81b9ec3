"""``antiphon check``: what a job sees in the place where it runs."""

from __future__ import annotations

import os
import platform
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from antiphon import __version__
from antiphon.errors import AntiphonError
from antiphon.io.season.deployments import read_deployments
from antiphon.io.season.listing import SOUND_EXTENSIONS
from antiphon.io.sound.recordings import probe
from antiphon.io.whole import write_text
from antiphon.progress import log

__all__ = ["run"]

_LEAST_FREE_GB = 1.0
_FILES_TRIED = 20


def run(
    *, place: str, deployments: Path, audio_root: Path, results: Path, device: str, gpus: int = 0, output: Path
) -> None:
    """Write what a job sees here: environment, audio, results, scratch and GPU, a line each, good or bad.

    Parameters
    ----------
    place
        Name of the place, e.g. of the partition.
    deployments
        CSV table of the deployments.
    audio_root
        Folder that the deployments' folders are relative to.
    results
        Folder that everything is written to.
    device
        ``machine.device`` of the settings.
    gpus
        GPUs that the job asked for.
    output
        The lines, each beginning with ``good`` or ``bad``.
    """
    lines = [_environment(), *_audio(deployments, audio_root), *_disks(results), _gpu(device, gpus)]
    node = os.environ.get("SLURMD_NODENAME", platform.node())
    shown = [f"{'good' if good else 'bad '} {place} ({node}): {line}" for good, line in lines]
    for line in shown:
        log(line)
    write_text(output, "\n".join(shown) + "\n")


Seen = tuple[bool, str]


def _environment() -> Seen:
    """Return whether the heavy libraries are there."""
    try:
        import torch
        import zarr
    except ImportError as error:
        return False, f"environment: {error}; activate the environment before you call Snakemake"
    return True, (
        f"environment: antiphon {__version__}, Python {platform.python_version()}, torch {torch.__version__}, "
        f"zarr {zarr.__version__}, {len(os.sched_getaffinity(0))} cores"
    )


def _audio(deployments: Path, audio_root: Path) -> Iterator[Seen]:
    """Yield whether every deployment's folder can be listed, and whether a recording of one opens."""
    try:
        listed = read_deployments(deployments, audio_root)
    except AntiphonError as error:
        yield False, f"audio: {error}"
        return
    opened = 0
    for deployment in listed:
        try:
            opened += _opens(audio_root / deployment.folder)
        except OSError as error:
            yield False, f"audio: {error.filename}: {error.strerror}"
    yield opened > 0, f"audio: of {len(listed)} deployments {opened} have a recording that opens, in {audio_root}"


def _opens(folder: Path) -> bool:
    """Return whether one of the first recordings below ``folder`` is sound; a whole season is not listed for that."""

    def refuse(error: OSError) -> None:
        raise error

    files = (Path(place, name) for place, _, names in os.walk(folder, onerror=refuse) for name in sorted(names))
    recordings = (path for path in files if path.suffix[1:].lower() in SOUND_EXTENSIONS)
    return any(probe(path).status in ("ok", "repaired") for path in islice(recordings, _FILES_TRIED))


def _disks(results: Path) -> Iterator[Seen]:
    """Yield whether results and scratch can be written, with what is free."""
    for what, folder in (("results", results), ("scratch", Path(tempfile.gettempdir()))):
        mark = folder / f".antiphon-check-{uuid.uuid4().hex[:8]}"
        try:
            mark.write_bytes(b"antiphon")
            mark.rename(mark.with_suffix(".renamed"))
            mark.with_suffix(".renamed").unlink()
            free_gb = shutil.disk_usage(folder).free / 1e9
        except OSError as error:
            yield False, f"{what}: cannot write to {folder}: {error.strerror}"
            continue
        yield free_gb >= _LEAST_FREE_GB, f"{what}: {folder} can be written, {free_gb:,.0f} GB free"


def _gpu(device: str, gpus: int) -> Seen:
    """Return whether the GPU that the job asked for is there for PyTorch."""
    import torch

    seen = [torch.cuda.get_device_name(index) for index in range(torch.cuda.device_count())]
    given = os.environ.get("CUDA_VISIBLE_DEVICES", "none")
    text = f"gpu: {gpus} asked for, Slurm gave {given}, PyTorch sees {', '.join(seen) or 'none'}"
    if device == "cpu":
        return True, f"{text}; machine.device is cpu, so none is used"
    if gpus and not seen:
        return False, f"{text}; the node's driver or the PyTorch of the environment is wrong, see docs/hpc.md"
    if device == "cuda" and not seen:
        return False, f"{text}; machine.device is cuda, so networks would stop here: auto lets them use the cores"
    return True, text

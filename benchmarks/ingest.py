"""Files listed a second: stage ingest on recordings by formula, beside a plain loop over ``soundfile.info``.

Run: ``python -m benchmarks.ingest --files 20000``. Every file is a sparse AudioMoth recording of 55 s, so that a
million of them fit on a laptop. Three runs of the stage: from nothing, again, and again with 100 new files; each in a
process of its own, whose memory is measured. EMU publishes 29 files a second for the same work.
"""

import argparse
import json
import platform
import resource
import struct
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timedelta
from pathlib import Path

import soundfile
import yaml

RATE_HZ, SECONDS = 48_000, 55
EMU_FILES_PER_S = 29
RESULTS = Path(__file__).parent / "results" / "ingest.jsonl"
COMMENT = (
    "Recorded at {:%H:%M:%S %d/%m/%Y} (UTC+8) by AudioMoth 24E144055E080032 at medium gain while battery was 4.1V and "
    "temperature was 22.3C."
)


def recording_head(start: datetime) -> bytes:
    """Return the chunks before the samples of an AudioMoth recording."""
    comment = COMMENT.format(start).encode() + b"\0"
    comment += b"\0" * (len(comment) % 2)
    artist = b"AudioMoth 24E144055E080032".ljust(32, b"\0")
    info = b"INFO" + b"ICMT" + struct.pack("<I", len(comment)) + comment + b"IART" + struct.pack("<I", 32) + artist
    size = RATE_HZ * SECONDS * 2
    body = b"WAVEfmt " + struct.pack("<IHHIIHH", 16, 1, 1, RATE_HZ, RATE_HZ * 2, 2, 16)
    body += b"LIST" + struct.pack("<I", len(info)) + info + b"data" + struct.pack("<I", size)
    return b"RIFF" + struct.pack("<I", len(body) + size) + body


def write_recordings(folder: Path, first: int, last: int) -> None:
    """Write recordings number ``first`` to ``last``, one a minute, a folder a day."""
    for number in range(first, last):
        start = datetime(2020, 1, 1) + timedelta(minutes=number)
        day = folder / f"{start:%Y%m%d}"
        if number == first or (start.hour, start.minute) == (0, 0):
            day.mkdir(parents=True, exist_ok=True)
        head = recording_head(start)
        with (day / f"{start:%Y%m%d_%H%M%S}.WAV").open("wb") as file:
            file.write(head)
            file.truncate(len(head) + RATE_HZ * SECONDS * 2)


def run_stage(root: Path, workers: int) -> tuple[float, float]:
    """Run the stage in a process of its own; return its seconds and its peak memory in MB."""
    settings = yaml.safe_load(Path("config/config.yaml").read_text(encoding="utf-8"))["ingest"]
    command = [sys.executable, "-m", "antiphon", "ingest", "--deployments", f"{root}/deployments.csv"]
    command += ["--audio-root", f"{root}/audio", "--settings", json.dumps(settings), "--season", "benchmark"]
    command += ["--catalogue", f"{root}/catalogue", "--workers", str(workers)]
    start = time.perf_counter()
    subprocess.run(command, check=True)
    seconds = time.perf_counter() - start
    return seconds, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


def plain_loop(folder: Path, most: int) -> tuple[int, float]:
    """Return how many headers a loop over ``soundfile.info`` reads, and in how many seconds."""
    paths = sorted(folder.rglob("*.WAV"))[:most]
    start = time.perf_counter()
    for path in paths:
        soundfile.info(str(path))
    return len(paths), time.perf_counter() - start


def report(name: str, value: float, unit: str, ratio_to: str = "", ratio: float | None = None) -> None:
    """Show one figure and add it to the results."""
    print(f"{name:36}{value:12.1f} {unit:10}{'' if ratio is None else f'{ratio:10.2f} of {ratio_to}'}")
    figure = {
        "name": name,
        "value": round(value, 3),
        "unit": unit,
        "ratio_to": ratio_to,
        "ratio": ratio,
        "spread": None,
    }
    RESULTS.parent.mkdir(exist_ok=True)
    with RESULTS.open("a", encoding="utf-8") as file:
        file.write(json.dumps({**figure, "machine": f"{platform.machine()}, {platform.processor() or 'cpu'}"}) + "\n")


def main() -> None:
    """Measure and print one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=20_000, help="number of recordings")
    parser.add_argument("--workers", type=int, default=1, help="workers of the stage")
    parser.add_argument("--folder", type=Path, help="where to make them (default: the folder for temporary files)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        root = Path(name)
        write_recordings(root / "audio" / "A1", 0, options.files)
        row = "deployment,site,folder,utc_offset,filename_time\nA1,ridge,A1,+08:00,local\n"
        (root / "deployments.csv").write_text(row, encoding="utf-8")
        read, loop_s = plain_loop(root / "audio", 20_000)
        first_s, memory_mb = run_stage(root, options.workers)
        again_s, _ = run_stage(root, options.workers)
        write_recordings(root / "audio" / "A1", options.files, options.files + 100)
        added_s, _ = run_stage(root, options.workers)
    loop = read / loop_s
    report("soundfile.info.files_per_s", loop, "files/s")
    speed = options.files / first_s
    report("ingest.first.files_per_s", speed, "files/s", "soundfile.info", round(speed / loop, 3))
    report("ingest.first.files_per_s", speed, "files/s", "EMU, published", round(speed / EMU_FILES_PER_S, 1))
    report("ingest.again.seconds", again_s, "s", "first run", round(again_s / first_s, 4))
    report("ingest.100_added.seconds", added_s, "s", "first run", round(added_s / first_s, 4))
    report("ingest.first.memory", memory_mb, "MB")


if __name__ == "__main__":
    main()

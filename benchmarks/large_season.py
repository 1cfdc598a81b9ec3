"""A season of a thousand recorders' weeks without a sound: as many files as a large season has, in next to no space.

Every file is a sparse AudioMoth recording of 55 s with a true header, so that ingest has its whole work with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import yaml

from benchmarks.ingest import recording_head

__all__ = ["LargeSeason"]

SECONDS, RATE_HZ = 55, 48_000
FIRST_DAY = datetime(2024, 1, 1)


@dataclass(frozen=True)
class LargeSeason:
    """A season of stand-ins.

    Attributes
    ----------
    deployments
        Number of recorders.
    days
        Days of each of them, from 1 January 2024 on: its units.
    files_a_day
        Files of each day, evenly over it.
    """

    deployments: int
    days: int
    files_a_day: int

    @property
    def files(self) -> int:
        """Number of files."""
        return self.deployments * self.days * self.files_a_day

    @property
    def names(self) -> list[str]:
        """Names of the deployments."""
        return [f"R{number:03}" for number in range(self.deployments)]

    def write(self, folder: Path) -> None:
        """Write recordings, table of deployments and settings (two models) below ``folder``."""
        for name in self.names:
            for day in range(self.days):
                self.write_day(folder / "audio", name, day)
        rows = [f"{name},site {int(name[1:]) // 4},{name},+08:00,local" for name in self.names]
        text = "\n".join(["deployment,site,folder,utc_offset,filename_time", *rows])
        (folder / "deployments.csv").write_text(text + "\n", encoding="utf-8")
        season = {"deployments": "deployments.csv", "audio_root": "audio", "first_day": None, "last_day": None}
        settings = {"season": "large", "seasons": {"large": {**season, "models": ["community", "energy"]}}}
        (folder / "settings.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")

    def write_day(self, audio: Path, name: str, day: int) -> None:
        """Write the recordings of one day of one recorder."""
        place = audio / name / f"{FIRST_DAY + timedelta(days=day):%Y%m%d}"
        place.mkdir(parents=True, exist_ok=True)
        for number in range(self.files_a_day):
            start = FIRST_DAY + timedelta(days=day, seconds=number * 86_400 // self.files_a_day)
            head = recording_head(start)
            with (place / f"{start:%Y%m%d_%H%M%S}.WAV").open("wb") as file:
                file.write(head)
                file.truncate(len(head) + RATE_HZ * SECONDS * 2)

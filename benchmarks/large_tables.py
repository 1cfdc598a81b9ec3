"""Tables of a year of 100 recorders: written, read in pandas, DuckDB and dask, and summed for the page.

Run: ``python -m benchmarks.large_tables --deployments 10``: of each recorder 365 days of 8 sources at 10-minute
intervals, 420,480 rows of ``occupancy``; 100 recorders are 42 million. Each step is a process of its own.
Numbers are drawn, but add up as real ones do. ``--frequency`` adds the table ``frequency`` of one recorder, 32 bands.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from antiphon.config import Source
from antiphon.io.tables import interval_columns, source_columns, table_path, write_table
from benchmarks.scale import measured

DAYS, INTERVAL_S, SOURCES, BANDS = 365, 600, 8, 32
INTERVALS_A_DAY = 86_400 // INTERVAL_S
NAMES = {
    f"species_{number}": Source(labels=["x"], scientific_name=f"Avis {number}", common_name=f"bird {number}")
    for number in range(SOURCES)
}
CELLS = INTERVAL_S * 125 * 256
_FEW = "columns=['deployment', 'source', 'active_s', 'effort_s']"
_SUMS = "groupby(['deployment', 'source'])[['active_s', 'effort_s']].sum()"
READERS = {
    "pandas, all columns": "import pandas as pd; print(len(pd.read_parquet('occupancy')))",
    "pandas, four columns": f"import pandas as pd; print(pd.read_parquet('occupancy', {_FEW}).{_SUMS}.sum().sum())",
    "DuckDB, sums by month": (
        "import duckdb; duckdb.sql('set threads to 1; set enable_progress_bar to false');"
        'print(duckdb.sql("select deployment, source, month(interval_start) as month, sum(active_s) / sum(effort_s) '
        "from 'occupancy/**/*.parquet' group by all\").fetchall()[:1])"
    ),
    "dask, sums by source": (
        "import dask, dask.dataframe as dd; dask.config.set(scheduler='synchronous');"
        f"print(dd.read_parquet('occupancy/m', {_FEW}).{_SUMS}.compute().sum().sum())"
    ),
}


def occupancy(rng: np.random.Generator, deployment: str) -> Iterator[dict[str, Any]]:
    """Yield a recorder's year, a month or so at a time."""
    for _, columns, rows in _months(deployment, 1):
        active = rng.binomial(INTERVAL_S * 125, 0.03, rows)
        cells = active * rng.integers(4, 40, rows)
        energy = rng.random(rows)
        yield {
            **columns, "kind": "source",
            "effort_s": float(INTERVAL_S), "effort_cells": CELLS, "active_s": active * 0.008, "active_cells": cells,
            "time_occupancy": active / (INTERVAL_S * 125), "tf_occupancy": cells / CELLS,
            "tf_occupancy_corrected": cells / CELLS, "tf_occupancy_low": 0.9 * cells / CELLS,
            "tf_occupancy_high": 1.1 * cells / CELLS,
            "n_events": rng.integers(0, 40, rows), "energy_share": energy, "level_db": -80 + 20 * energy,
            "snr_db": 30 * energy, "level_reference": "1 full scale",
        }  # fmt: skip


def frequency(rng: np.random.Generator, deployment: str) -> Iterator[dict[str, Any]]:
    """Yield a recorder's year of every band."""
    low_hz = np.arange(BANDS) * 500.0
    for _, columns, rows in _months(deployment, BANDS):
        active = rng.binomial(INTERVAL_S * 125, 0.003, rows)
        tiled = np.tile(low_hz, rows // BANDS)
        yield {
            **columns, "kind": "source",
            "freq_low_hz": tiled, "freq_high_hz": tiled + 500, "effort_s": float(INTERVAL_S),
            "effort_cells": CELLS // BANDS, "active_s": active * 0.008, "active_cells": active * 3,
            "active_fraction": active / (INTERVAL_S * 125), "energy_share": rng.random(rows),
        }  # fmt: skip


def _months(deployment: str, bands: int) -> Iterator[tuple[int, dict[str, Any], int]]:
    """Yield first interval, columns of time and source, and number of rows of 30 days each."""
    for first in range(0, DAYS * INTERVALS_A_DAY, 30 * INTERVALS_A_DAY):
        count = min(30 * INTERVALS_A_DAY, DAYS * INTERVALS_A_DAY - first)
        starts = 1_704_067_200_000_000 + (first + np.arange(count)) * INTERVAL_S * 1_000_000
        named = {"season": "year", "site": f"site {deployment}", "deployment": deployment, "model": "m"}
        timed = interval_columns(np.repeat(starts, SOURCES * bands), INTERVAL_S * 1_000_000, 480)
        yield first, {**named, **timed, **source_columns(NAMES, count, bands)}, count * SOURCES * bands


def write(folder: Path, table: str, deployments: int) -> None:
    """Write one table of so many recorders."""
    make = {"occupancy": occupancy, "frequency": frequency}[table]
    for number in range(deployments):
        rng, name = np.random.default_rng(number), f"R{number:03}"
        write_table(table_path(folder, table, name, "m"), table, make(rng, name), {"model": "m"})


def summed(folder: Path, deployments: int) -> None:
    """Sum both tables as the page does."""
    from antiphon.figures.season.heard import COLUMNS, heard
    from antiphon.io.tables import read_table

    def each(table: str, many: int) -> Iterator[tuple[str, Any]]:
        for name in (f"R{number:03}" for number in range(many)):
            path = table_path(folder, table, name, "m")
            yield name, read_table(path, table, COLUMNS[table]).to_pandas()

    print(heard(each("occupancy", deployments), each("frequency", deployments), tuple(NAMES)).active_s.sum())


def main() -> None:
    """Write, read, sum, and print one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--deployments", type=int, default=10)
    parser.add_argument("--frequency", action=argparse.BooleanOptionalAction, default=False)
    options = parser.parse_args()
    own = "import sys; from pathlib import Path; from benchmarks.large_tables import summed, write; "
    with tempfile.TemporaryDirectory() as name:
        steps = {"write occupancy": f"{own}write(Path(), 'occupancy', {options.deployments})", **READERS}
        if options.frequency:
            steps |= {"write frequency of one": f"{own}write(Path(), 'frequency', 1)"}
            steps |= {"the page's sums of one": f"{own}summed(Path(), 1)"}
        for step, code in steps.items():
            used = measured([sys.executable, "-c", code], Path(name))
            print(
                f"{step:26}{used.core_s:8.1f} s of a core{used.memory_mb:8.0f} MB   {used.shown.strip()[:60]}",
                flush=True,
            )
        for table in Path(name).iterdir():
            print(f"{table.name}: {sum(path.stat().st_size for path in table.rglob('*.parquet')) / 1e6:.0f} MB")


if __name__ == "__main__":
    main()

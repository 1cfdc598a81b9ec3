"""When each source sounds, with pandas: python docs/analyses/occupancy.py results/SEASON/tables MODEL."""

import sys
from pathlib import Path

import pandas as pd

tables, model = Path(sys.argv[1]), sys.argv[2]
occupancy = pd.read_parquet(tables / "occupancy" / model).query("kind == 'source'")

# Add up, then divide: never average ratios. Hours that were not analysed have effort 0.
hour = occupancy["start_local"].str[11:13].astype(int).rename("hour")
sums = occupancy.groupby(["source", hour])[["effort_cells", "active_cells", "effort_s"]].sum()
share = (sums["active_cells"] / sums["effort_cells"].where(sums["effort_cells"] > 0)).unstack("source")
print(share.round(5).to_string())

# The events of each source: how many an analysed hour, how long, and at what frequency.
events = pd.read_parquet(tables / "events" / model)
events["duration_s"] = events["end_s"] - events["start_s"]
effort_h = occupancy.groupby("source")["effort_s"].sum() / 3600
summary = events.groupby("source")[["duration_s", "freq_peak_hz", "snr_db"]].median()
summary.insert(0, "events_an_hour", events.groupby("source").size() / effort_h)
print(summary.round(3).to_string())

"""The season's page is made from the tables, the catalogue and the models' folders."""

import json
import re
import shutil

import numpy as np
import pandas as pd
import pytest

from antiphon.errors import AntiphonError
from antiphon.figures.pictures import png_bytes
from antiphon.io.models.checkpoints import Card
from antiphon.io.models.injections import write_injection
from antiphon.io.tables import interval_columns, table_path, write_table
from antiphon.io.whole import write_json, write_text
from antiphon.stages.report import run
from made_season import ablation_of

HOUR_US = 3_600_000_000
DAY_ONE_US = 1_558_483_200_000_000  # 2019-05-22 00:00 UTC
SOURCES = {"bird": ("Aves", "bird"), "insect": (None, "<script>alert(1)</script>")}
DEPLOYMENTS = ("001", "A1", "20190522")
BANDS = 4


def hours(days, deployment):
    """Return the columns that all tables by interval share: ``days`` days of hours, two hours east of Greenwich."""
    start_us = DAY_ONE_US + np.arange(24 * days) * HOUR_US - 2 * HOUR_US
    names = {"season": "spring", "site": "site <b>1</b>", "deployment": deployment}
    return names | interval_columns(start_us, HOUR_US, 120), start_us


def write_recordings(tables, deployment, statuses):
    """Write a recording of each status; nothing is known of the length of a quarantined one."""
    status = np.array(statuses, dtype=object)
    known, columns = status != "quarantined", {"season": "spring", "site": "s", "deployment": deployment}
    columns |= dict.fromkeys(
        ("failed_at_s", "recorder", "serial", "gain", "detail", "content_hash", "clipped_share", "dc", "peak")
    )
    columns |= {"unit": "u", "batch": "b", "format": "WAV", "subtype": "PCM_16", "channel": "first", "channels": 1}
    columns |= {"start_time": DAY_ONE_US, "start_local": "2019-05-22T02:00:00+02:00", "utc_offset_min": 120}
    columns |= {"bytes": 1000, "rate_hz": 22050, "time_source": "filename", "analysed_frames": 75000, "status": status}
    columns |= {
        "path": np.array([f"{deployment}/<i>{number}</i>.wav" for number in range(len(status))], dtype=object),
        "frames": np.where(known, 22050 * 600.0, np.nan),
        "duration_s": np.where(known, 600.0, np.nan),
        "reason": np.where(status == "ok", None, "truncated"),
    }
    write_table(table_path(tables, "recordings", deployment), "recordings", [columns], {})


def write_effort(tables, deployment, days, analysed_s):
    shared, _ = hours(days, deployment)
    lost = {f"lost_{name}_s": 0.0 for name in ("quarantine", "clipping", "edge")}
    columns = shared | lost | {"scheduled_s": analysed_s, "analysed_s": analysed_s, "lost_gap_s": None}
    write_table(
        table_path(tables, "effort", deployment),
        "effort",
        [columns | {"heard_low_hz": 0.0, "heard_high_hz": 9900.0}],
        {},
    )


def write_ltsa(tables, deployment, days):
    """Write a long-term average of two bins: the upper one is 20 dB louder, and was never heard in the first hour."""
    shared, start_us = hours(days, deployment)
    for_bins = {name: np.repeat(values, 2) if np.ndim(values) else values for name, values in shared.items()}
    heard = (np.arange(2 * len(start_us)) != 1).astype(float)
    edges = {
        "freq_low_hz": np.tile([0.0, 31.25], len(start_us)),
        "freq_high_hz": np.tile([31.25, 93.75], len(start_us)),
    }
    level_db = np.where(heard > 0, np.tile([-80.0, -60.0], len(start_us)), np.nan)
    sums = {"effort_s": 600.0 * heard, "level_db": level_db, "level_reference": "full scale"}
    write_table(table_path(tables, "ltsa", deployment), "ltsa", [for_bins | edges | sums], {})


def write_heard(tables, model, deployment, days, analysed_s):
    """Write occupancy and frequency: birds sing in the sixth hour of the local day, insects never."""
    shared, start_us = hours(days, deployment)
    effort = np.broadcast_to(analysed_s, len(start_us))
    sings = np.arange(len(start_us)) % 24 == 5
    occupancy, frequency = [], []
    for source, (scientific, common) in SOURCES.items():
        who = shared | {"model": model, "source": source, "scientific_name": scientific, "common_name": common}
        active = 0.25 * effort * sings * (source == "bird")
        ratios = {f"tf_occupancy_{name}": None for name in ("corrected", "low", "high")}
        ratios |= {
            "kind": "source",
            "time_occupancy": None,
            "tf_occupancy": None,
            "n_events": 1,
            "energy_share": 0.0,
            "level_db": None,
        }
        seconds = {"effort_s": effort, "effort_cells": effort * 100, "active_s": active, "active_cells": active * 100}
        occupancy.append(who | ratios | seconds | {"snr_db": None, "level_reference": "full scale"})
        for band in range(BANDS):
            heard = float(band < BANDS - 1)
            edges = {
                "freq_low_hz": 500.0 * band,
                "freq_high_hz": 500.0 * (band + 1),
                "active_fraction": None,
                "kind": "source",
            }
            sums = {name: values * heard for name, values in seconds.items()}
            frequency.append(who | edges | sums | {"energy_share": 0.0})
    write_table(table_path(tables, "occupancy", deployment, model), "occupancy", occupancy, {})
    write_table(table_path(tables, "frequency", deployment, model), "frequency", frequency, {})
    write_table(table_path(tables, "events", deployment, model), "events", [], {})
    write_overlap(tables, model, deployment, days)


def write_overlap(tables, model, deployment, days):
    """Write that insects cover a fifth of the birds' cells."""
    shared, _ = hours(days, deployment)
    rows = []
    for source, by_source, both in (("bird", "insect", 20), ("insect", "bird", 0)):
        cells = {"effort_cells": 1000, "both_cells": both, "source_cells": 100 * (source == "bird")}
        ratios = {"masked_share": None, "jaccard": None}
        rows.append(shared | {"model": model, "source": source, "by_source": by_source} | cells | ratios)
    write_table(table_path(tables, "overlap", deployment, model), "overlap", rows, {})


def write_model(folder, name):
    card = Card(
        model=name,
        network="resunet",
        widths=(8, 16),
        sources={
            source: {"labels": [source], "scientific_name": scientific, "common_name": common}
            for source, (scientific, common) in SOURCES.items()
        },
        grid={"window_s": 0.016, "hop_s": 0.008, "bins": 256},
        thresholds=dict.fromkeys(SOURCES, 0.5),
        scores={"validation": {"macro": 0.9}},
        parameters=12345,
        weights_sha256="0123456789abcdef" * 4,
        training={"steps": 300, "best_step": 200, "settings": {}},
        mask_rule={},
        versions={"antiphon": "0.1.0", "train": 1},
    )
    write_text(folder / "card.json", card.model_dump_json(by_alias=True))
    table = "method,source,f1,f1_low,f1_high\n"
    for method, f1 in ((name, 0.875), ("energy threshold", 0.5)):
        table += "".join(f"{method},{source},{f1},{f1 - 0.02},{f1 + 0.02}\n" for source in (*SOURCES, "macro"))
    write_text(folder / "evaluation" / "scores.csv", table)


def settings(**more):
    gallery = {"events": 0, "margin_s": 1.0, "longest_s": 8.0, "seed": 1}
    return json.dumps({"title": "Season report", "gallery": gallery, "verdicts": [], **more})


@pytest.fixture
def season(tmp_path):
    """Write a season of three deployments and two days, and return the stage's arguments."""
    tables, catalogue, model = (tmp_path / name for name in ("tables", "catalogue", "community"))
    for deployment in DEPLOYMENTS:
        write_recordings(tables, deployment, ["ok", "ok", "ok", "repaired" if deployment == "A1" else "ok"])
        write_effort(tables, deployment, 2, 600.0)
        write_ltsa(tables, deployment, 2)
        write_heard(tables, "community", deployment, 2, 600.0)
    write_model(model, "community")
    for deployment in DEPLOYMENTS:
        about = {"deployment": deployment, "site": "site <b>1</b>", "latitude": 47.5, "longitude": 8.5}
        about |= {"utc_offset_min": 120, "sensitivity_db": None, "medium": "air", "rows": []}
        write_json(catalogue / "set_aside" / f"{deployment}.json", about)
    counts = {"listed": 12, "ok": 11, "repaired": 1, "quarantined": 0, "excluded": 0, "ignored": 3}
    write_json(catalogue / "verdicts.json", {"recordings": {}, "shared": []})
    write_json(catalogue / "batches.json", {"batches": {}, "deployments": DEPLOYMENTS, "counts": counts})
    shown = {"season": "spring", "seasons": {"spring": {"models": ["community"], "audio_root": "<audio>"}}}
    return {
        "season": "spring",
        "tables": tables,
        "catalogue": catalogue,
        "models": [model],
        "stft": tmp_path / "stft",
        "infer": tmp_path / "infer",
        "audio_root": tmp_path / "audio",
        "settings": settings(),
        "all_settings": json.dumps(shown),
        "output": tmp_path / "report" / "index.html",
    }


def page_of(season):
    run(**season)
    return season["output"].read_text(encoding="utf-8")


def test_report__says_what_happened(season):
    page = page_of(season)
    assert "22–23\N{NO-BREAK SPACE}May\N{NO-BREAK SPACE}2019" in page
    assert "3\N{NO-BREAK SPACE}deployments" in page
    assert "All 12 recordings are" in page
    assert "3\N{NO-BREAK SPACE}companion files" in page
    assert "never heard in 24.0\N{NO-BREAK SPACE}h" in page  # the insect: 3 x 2 days x 24 x 600 s
    assert "most at 05–\N{WORD JOINER}06\N{NO-BREAK SPACE}h (25\N{NO-BREAK SPACE}%)" in page
    assert "0.875" in page and "0.855–0.895" in page and "energy threshold" in page
    assert "0123456789abcdef" * 4 in page
    assert "the header promises more than the file holds" in page


def test_report__forms_ratios_from_sums(season):
    """A deployment analysed for a tenth of the time weighs a tenth, whatever its own occupancy is."""
    write_heard(season["tables"], "community", "A1", 2, 60.0)
    heard = 25 / 24  # per cent, the same share at each deployment
    assert f"{heard:.1f}\N{NO-BREAK SPACE}%" in page_of(season)


def test_report__is_the_same_bytes_again(season):
    assert page_of(season) == page_of(season)


def test_report__does_not_depend_on_where_it_lies(season, tmp_path):
    page = page_of(season)
    assert str(tmp_path) not in page
    elsewhere = tmp_path / "elsewhere"
    for name in ("tables", "catalogue"):
        season[name] = shutil.copytree(season[name], elsewhere / name)
    assert page_of(season) == page


def test_report__shows_hostile_names_as_text(season):
    page = re.sub(r"<script[ >].*?</script>", "", page_of(season), flags=re.DOTALL)
    for name in ("<script>", "<i>", "<audio>", "site <b>1</b>"):
        assert name not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "A1/&lt;i&gt;3&lt;/i&gt;.wav" in page


def test_report__shows_the_pictures_that_are_there(season):
    from matplotlib.figure import Figure

    assert "data:image/png" not in page_of(season).split('id="model-1"')[1]
    picture = season["models"][0] / "evaluation" / "examples.png"
    picture.write_bytes(png_bytes(Figure(figsize=(1, 1))))
    assert "data:image/png;base64," in page_of(season).split('id="model-1"')[1]


def test_report__shows_how_many_known_sounds_were_found(season, tmp_path):
    from matplotlib.figure import Figure

    picture = png_bytes(Figure(figsize=(1, 1)))
    write_injection(tmp_path / "injection" / "community", [], [], picture)
    season["injections"] = tmp_path / "injection"
    assert "Known sounds" not in page_of(season)
    step = {"source": "bird", "snr_db": 0.0, "events": 4, "found": 2, "recall": 0.5, "low": 0.2, "high": 0.8}
    write_injection(tmp_path / "injection" / "community", [], [step], picture)
    assert "Known sounds, put into stretches of this season" in page_of(season)


def test_report__knows_models_by_their_name_in_the_settings(season):
    """A finished model lies in a folder of any name and may call itself otherwise."""
    for table in ("occupancy", "frequency", "events", "overlap"):
        (season["tables"] / table / "community").rename(season["tables"] / table / "ours")
    season["all_settings"] = season["all_settings"].replace("community", "ours")
    assert "0.875" in page_of(season)


def test_report__of_a_season_that_was_lost(season):
    for deployment in DEPLOYMENTS:
        write_recordings(season["tables"], deployment, ["quarantined"] * 2)
        for table, model in (("effort", None), ("occupancy", "community"), ("frequency", "community")):
            write_table(table_path(season["tables"], table, deployment, model), table, [], {})
    page = page_of(season)
    assert "no sound was analysed" in page
    assert "6\N{NO-BREAK SPACE}recordings were found and none could be analysed" in page
    assert "1970" not in re.sub(r"<script>.*?</script>", "", page, flags=re.DOTALL)


def test_report__counts_what_could_not_be_used(season):
    write_recordings(season["tables"], "001", ["ok", "quarantined", "excluded", "repaired"])
    assert "2 of 12 recordings could not be used" in page_of(season)


def test_report__counts_the_verdicts_of_people(season, tmp_path):
    """Only those on this season's events that these weights found; only random ones make a precision."""
    columns = (
        "season",
        "model",
        "weights",
        "source",
        "kind",
        "deployment",
        "path",
        "start_s",
        "freq_low_hz",
        "verdict",
    )
    whose = ["spring", "community", "0123456789ab"]
    rows = [
        [*whose, "bird", "random", "A1", "a.wav", f"{n}", "1000", "rejected" if n < 2 else "confirmed"]
        for n in range(10)
    ]
    rows += [[*whose[:2], "ffffffffffff", "bird", "random", "A1", "a.wav", "99", "1000", "rejected"]]
    rows += [["autumn", *whose[1:], "bird", "random", "A1", "a.wav", "98", "1000", "rejected"]]
    table = tmp_path / "verdicts.csv"
    table.write_text("\n".join(",".join(row) for row in [columns, *rows]) + "\n", encoding="utf-8")
    season["settings"] = settings(verdicts=[str(table)])
    page = page_of(season).replace("\N{NO-BREAK SPACE}", " ")
    assert "Of its bird events, people confirm 80 % (49 %–94 %)." in page
    assert "1 verdict on events that other weights found is not counted." in page
    assert "8 of 10" in page


def test_report__says_who_masks_whom(season):
    page = page_of(season)
    (matrix,) = re.findall(r'<table class="matrix">.*?</table>', page, flags=re.DOTALL)
    assert "20\N{NO-BREAK SPACE}%" in matrix and "&lt;script&gt;" in matrix


def test_report__says_what_critics_did_or_that_nobody_measured_it(season):
    card = season["models"][0] / "card.json"
    assert "critic" not in page_of(season)
    told = json.loads(card.read_text())
    told["training"]["settings"] = {"critic": {"game": "patch_hinge", "weight": 0.0}}
    card.write_text(json.dumps(told))
    assert "It learned without a critic. Whether a critic helps was not measured for this model." in page_of(season)
    found = ablation_of(tuple(SOURCES))
    evaluation = season["models"][0] / "evaluation"
    write_text(evaluation / "ablation.csv", pd.DataFrame(found.rows).to_csv(index=False))
    write_json(evaluation / "ablation.json", dict(found.about))
    page = page_of(season)
    assert "It learned without a critic. It does not &lt;here&gt;." in page
    assert "0.766 <small>0.763–0.769</small>" in page


def test_report__names_a_damaged_ablation(season):
    write_text(season["models"][0] / "evaluation" / "ablation.csv", "arm,seed\nnone,1\n")
    with pytest.raises(AntiphonError, match=r"ablation\.csv: has no column protocol, source"):
        run(**season)


def test_report__writes_a_gallery_beside_the_page(season):
    page_of(season)
    assert "No event was found" in season["output"].with_name("gallery-community.html").read_text(encoding="utf-8")


def test_report__names_a_missing_table(season):
    table_path(season["tables"], "occupancy", "A1", "community").unlink()
    with pytest.raises(AntiphonError, match=r"occupancy/community/A1\.parquet: no such table; run"):
        run(**season)

"""The listening page: every sound is on it, measures stand side by side, and names cannot break out."""

import re

import pandas as pd

from antiphon.figures.voices.page import Heard, voices_page
from browser import chromium, needs_chromium

CARD = {
    "name": "voices", "network": "specgan", "classes": ["<b>owl</b>", "wren"], "conditional": True, "noise": 100,
    "samples": 8000, "rate_hz": 16_000, "parameters": 1234567, "learned_groups": ["a", "b"], "notes": ["12 chunks"],
    "training": {"recipe": {"game": "hinge", "batch_size": 16}, "epochs": 50}, "versions": {"antiphon": "0"},
}  # fmt: skip
ROWS = [
    {"measure": "frechet", "of": "generated", "value": 12.25, "low": float("nan"), "high": float("nan")},
    {"measure": "frechet", "of": "real", "value": 3.5, "low": float("nan"), "high": float("nan")},
    {"measure": "near_copies", "of": "generated", "value": 0.05, "low": 0.0, "high": 0.1},
]


def page():
    table = [
        [Heard(f"{kind}/{name}.flac", kind, name, b"fLaC") for kind in ("epoch 1", "real")] for name in CARD["classes"]
    ]
    return voices_page(card=CARD, table=table, measures=ROWS, pictures={"losses": b"png"})


def test_page__plays_every_sound_and_asks_for_a_grade():
    html = page()
    assert html.count("<audio") == html.count('<select aria-label="grade"') == 4
    assert html.count("data:audio/flac;base64,ZkxhQw==") == 4
    assert '<th scope="col">epoch 1</th><th scope="col">real</th>' in html
    assert "rater,sound,class,kind,grade,blind" in html


def test_page__needs_nothing_from_elsewhere_and_escapes_names():
    html = page()
    assert not re.findall(r"(?:src|href)=\"(?!data:|#)", html)
    assert "<b>owl" not in html


def test_page__shows_generated_beside_real():
    html = re.sub(r"\s+", " ", page())
    assert '<td class="n">12.2</td><td class="n">3.50</td>' in html
    assert '0.05 <small>0.00–0.10</small></td><td class="n">–</td>' in html
    assert "1,234,567 parameters, hinge game" in html


@needs_chromium
def test_ratings__are_saved_as_csv_also_when_listened_to_blind(tmp_path):
    (tmp_path / "index.html").write_text(page(), encoding="utf-8")
    with chromium() as browser:
        there = browser.new_context(offline=True, accept_downloads=True).new_page()
        there.goto((tmp_path / "index.html").as_uri())
        there.fill("#rater", 'Ann "the ear", 3rd')
        there.select_option("select[data-sound='real/wren.flac']", "4")
        there.check("#blind")
        assert there.inner_text("#count") == "1 rated"
        with there.expect_download() as download:
            there.click("#save")
        download.value.save_as(tmp_path / "ratings.csv")
    (row,) = pd.read_csv(tmp_path / "ratings.csv").to_dict("records")
    assert list(row) == ["rater", "sound", "class", "kind", "grade", "blind"]
    assert list(row.values()) == ['Ann "the ear", 3rd', "real/wren.flac", "wren", "real", 4, True]

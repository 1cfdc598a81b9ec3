"""What a model finds where nobody is: share of the cells that each source gets, kind by kind.

Run: ``python -m benchmarks.nobody`` (sound by formula), or with ``--data $ANTIPHON_DATA`` also the backgrounds that the
lists of the shipped model put into its tests, which it never heard.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import torch

from antiphon.io.examples.lists import read_backgrounds
from antiphon.io.models.cards import CARD
from antiphon.io.models.checkpoints import WEIGHTS, load_card, load_weights
from antiphon.io.models.places import SHIPPED
from antiphon.io.sound.clips import read_sound
from antiphon.io.sound.lossy import through_mp3
from antiphon.learning.apply import Separator
from antiphon.learning.generators import trained_generator
from antiphon.pairing.canvas import FLOOR_SHARE, code_quantile
from antiphon.scenes.noises import shaped_noise
from antiphon.scenes.weather import quiet, recorder, weather
from antiphon.signal.spectrogram import level_codes
from antiphon.stats.judging.measures import found_cells
from antiphon.stats.judging.scores import codes_of_thresholds

RATE, SECONDS = 48_000, 20.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, default=SHIPPED)
    parser.add_argument("--data", type=Path)
    chosen = parser.parse_args()
    card = load_card(chosen.model / CARD)
    generator = trained_generator(card, load_weights(chosen.model / WEIGHTS, card))
    separator = Separator.ready(generator, device=torch.device("cpu"), dtype=torch.float32)
    least = codes_of_thresholds(card.thresholds, card.sources)
    shares: dict[str, list[np.ndarray]] = {}
    for kind, sound, rate_hz in [*by_formula(), *(recorded(chosen.data) if chosen.data else [])]:
        level = level_codes(sound.astype(np.float32), rate_hz, card.grid)
        codes = separator.separate(level, code_quantile(level, FLOOR_SHARE), code_quantile(level, 0.5))
        shares.setdefault(kind, []).append(found_cells(codes, least).mean(axis=(1, 2)))
    for kind, each in shares.items():
        mean = dict(zip(card.sources, np.mean(each, axis=0).round(5).tolist(), strict=True))
        print(json.dumps({"name": f"nobody.{kind}", "sounds": len(each), "unit": "share of cells", **mean}))


def by_formula() -> list[tuple[str, np.ndarray, int]]:
    """Return sounds without anybody, by kind."""
    rng, samples = np.random.default_rng(5), round(SECONDS * RATE)
    seconds = np.arange(samples) / RATE
    pink = shaped_noise(rng, samples, RATE, lambda hz: 20 * np.maximum(hz, 20.0) ** -0.5)
    tones = sum(0.02 * np.sin(2 * np.pi * hz * seconds) for hz in (440, 1000, 3500, 7000))
    found = [
        ("silence", np.zeros(samples), RATE),
        ("white noise", rng.normal(0, 0.01, samples), RATE),
        ("pink noise", 0.01 * pink, RATE),
        ("tones", tones + rng.normal(0, 1e-4, samples), RATE),
    ]
    for _ in range(8):
        place = recorder(rng, RATE)
        still = quiet(rng, place, samples)
        outdoors = still + sum(weather(rng, place, samples) for _ in range(4))
        sound = 0.003 * outdoors / np.sqrt(np.mean(still**2))
        found.append(("rain and wind by formula", sound, RATE))
        for compression in (0.5, 0.6, 0.7, 0.8):
            coded = through_mp3(np.clip(sound, -1, 1).astype(np.float32), RATE, compression)
            found.append(("rain and wind by formula, once MP3s", coded, RATE))
    return found


def recorded(data: Path) -> list[tuple[str, np.ndarray, int]]:
    """Return the recorded backgrounds of the transfer test, by kind."""
    rows = read_backgrounds(Path("config/shipped/backgrounds.csv"))
    kept = [row for row in rows if row.split == "test_transfer"]
    found = []
    for row in kept:
        sound, rate_hz, *_ = read_sound(data / row.path, most_s=300.0)
        found.append((f"{row.kind}, recorded", sound[: round(SECONDS * rate_hz)], rate_hz))
    return found


if __name__ == "__main__":
    main()

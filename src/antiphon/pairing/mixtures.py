"""Examples from clips and backgrounds: what is drawn, and from which files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf
from pathlib import Path

import numpy as np

from antiphon.config import Mixtures
from antiphon.errors import AntiphonError
from antiphon.io.examples.lists import BackgroundRow, ClipRow, expanded, read_backgrounds, read_clips
from antiphon.io.examples.pairs import TEST_SPLITS, Example
from antiphon.io.sound.lossy import MP3_RATES_HZ
from antiphon.pairing.canvas import FLOOR_SHARE, Canvas, example_of_scene
from antiphon.pairing.generated import GeneratedVoices
from antiphon.pairing.labels import LabelMap
from antiphon.pairing.prepared import heard, heard_from_mp3, prepared, site_floor
from antiphon.pairing.splits import Piece
from antiphon.scenes.birds import bird
from antiphon.scenes.engines import engine
from antiphon.scenes.insects import insect
from antiphon.scenes.mixing import Clip, bed_window, mixture
from antiphon.scenes.soundscape import Scene
from antiphon.scenes.weather import quiet, recorder, weather
from antiphon.signal.background import LevelHistogram
from antiphon.signal.levels import CODE_MAX, NOT_HEARD, SCALE_DB
from antiphon.signal.spectrogram import level_codes

__all__ = ["MixtureTask", "Stock", "mixture_tasks"]

_VOICES = {"bird": bird, "insect": insect, "anthropogenic": engine}
_FORMULA_BACKGROUND = "background"
_FORMULA_RATE_HZ = 48_000
_LONGEST_VOICE_S = 5.0
_NUISANCE_SNR_DB = (0.0, 20.0)
_HIGHEST_PEAK = 0.97
_MP3_COMPRESSIONS = (0.5, 0.6, 0.7, 0.8)
_NO_GATE = (-inf, inf)


@dataclass(frozen=True)
class Stock:
    """The files of one split.

    Attributes
    ----------
    clips
        By class, the clips of it.
    nuisances
        Clips that belong to nobody.
    backgrounds
        By sort and group, the backgrounds.
    """

    clips: Mapping[str, Sequence[ClipRow]]
    nuisances: Sequence[ClipRow]
    backgrounds: Mapping[str, Mapping[str, Sequence[BackgroundRow]]]


@dataclass(frozen=True)
class Listed:
    """The lists of a recipe, and where their sounds lie."""

    folder: Path
    clips: list[ClipRow]
    backgrounds: list[BackgroundRow]

    @classmethod
    def of(cls, rules: Mixtures) -> Listed:
        """Read the lists, without sounds of other licences (but those listed for a test); errors as the readers."""
        folder = expanded(rules.audio_root, "pair.mixtures.audio_root")
        clips = read_clips(expanded(rules.clips, "pair.mixtures.clips"))
        beds = read_backgrounds(expanded(rules.backgrounds, "pair.mixtures.backgrounds"))
        if rules.licences is not None:
            clips = [row for row in clips if _allowed(row, rules.licences)]
            beds = [row for row in beds if _allowed(row, rules.licences)]
        paths = [row.path for row in clips] + [row.path for row in beds]
        missing = [path for path in paths if not (folder / path).is_file()]
        if missing:
            raise AntiphonError(f"{folder / missing[0]}: listed and not there ({len(missing)} such); check audio_root")
        return cls(folder, clips, beds)

    def pieces(self, labels: LabelMap) -> list[Piece]:
        """Return what is to be dealt out."""
        clips = [
            Piece(row.recording, row.group, row.label, labels.classes_of(row.label), row.split) for row in self.clips
        ]
        return clips + [
            Piece(row.recording, row.group, f"background {row.kind}", split=row.split) for row in self.backgrounds
        ]


def _allowed(row: ClipRow | BackgroundRow, licences: Sequence[str]) -> bool:
    """Return whether a sound may be used: a test may hear what nothing may be learned from."""
    return row.licence in licences or row.split in TEST_SPLITS.values()


def mixture_tasks(
    rules: Mixtures,
    listed: Listed,
    split_of: Mapping[str, str],
    canvas: Canvas,
    generated: GeneratedVoices | None = None,
) -> list[MixtureTask]:
    """Return one task a mixture; ``generated`` voices sing in training only.

    Raises
    ------
    AntiphonError
        If a split that is wanted has no clip of any class, or no background.
    """
    counts = {
        "train": rules.train,
        "validation": rules.validation,
        TEST_SPLITS["in_domain"]: rules.test_in_domain,
        TEST_SPLITS["transfer"]: rules.test_transfer,
    }
    roots = np.random.SeedSequence((rules.seed, 1)).spawn(len(counts))
    tasks = []
    for (split, count), root in zip(counts.items(), roots, strict=True):
        if not count:
            continue
        stock = _stock(rules, listed, split_of, split, canvas)
        singers = generated if split == "train" else None
        tasks += [MixtureTask(split, seed, rules, listed.folder, stock, canvas, singers) for seed in root.spawn(count)]
    return tasks


def _stock(rules: Mixtures, listed: Listed, split_of: Mapping[str, str], split: str, canvas: Canvas) -> Stock:
    clips: dict[str, list[ClipRow]] = {}
    nuisances = []
    for row in (row for row in listed.clips if split_of[row.recording] == split):
        if row.label in rules.nuisances:
            nuisances.append(row)
        for name in canvas.labels.classes_of(row.label):
            if any(name in of for of in canvas.labels.sources.values()):
                clips.setdefault(name, []).append(row)
    beds: dict[str, dict[str, list[BackgroundRow]]] = {}
    for bed in (row for row in listed.backgrounds if split_of[row.recording] == split):
        beds.setdefault(bed.kind, {}).setdefault(bed.group, []).append(bed)
    if not clips or not beds:
        lacking = "clip" if not clips else "background"
        raise AntiphonError(f"pair.mixtures: no {lacking} falls to {split}; list more groups, or ask for no {split}")
    return Stock(clips, nuisances, beds)


@dataclass(frozen=True)
class MixtureTask:
    """One mixture."""

    split: str
    seed: np.random.SeedSequence
    rules: Mixtures
    folder: Path
    stock: Stock
    canvas: Canvas
    generated: GeneratedVoices | None = None
    count: int = 1

    def examples(self) -> list[Example]:
        """Mix, and label what was mixed."""
        scene, floor, members = self.mixed()
        # The first member that is no background's is what the mixture is most of all an example of.
        groups = [name.removeprefix("group ") for name in members if name.startswith("group ")]
        group = groups[min(1, len(groups) - 1)]
        unique = tuple(dict.fromkeys(members))
        return [example_of_scene(scene, self.canvas, floor=floor, group=group, origin="mixtures", members=unique)]

    def mixed(self) -> tuple[Scene, np.ndarray, list[str]]:
        """Return the scene, the floor codes of its place, and what it was made of, the background first."""
        rng, rules, stock = np.random.default_rng(self.seed), self.rules, self.stock
        bed = self._bed(rng)
        present = [] if rng.random() < rules.empty_share else self._present(rng)
        members = list(bed.members)
        clips = [
            self._clip(rng, stem, name, bed.rate_hz, members)
            for stem, name in enumerate(present)
            for _ in range(rng.integers(1, rules.most_clips + 1))
        ]
        if stock.nuisances and rng.random() < rules.nuisance_share:
            row = _drawn(rng, stock.nuisances)
            clips.append(Clip(None, self._sound(row, bed.rate_hz, members), rng.uniform(*_NUISANCE_SNR_DB), False))
        scene, floor = self._turned(rng, mixture(rng, bed.sound, clips, present, bed.rate_hz), bed.floor)
        return scene, floor, members

    def _turned(self, rng: np.random.Generator, scene: Scene, floor: np.ndarray) -> tuple[Scene, np.ndarray]:
        """Return a scene and its floor at a random gain, in whole codes so that the floor moves exactly."""
        steps = round(rng.uniform(-1, 1) * self.rules.gain_db / SCALE_DB)
        peak = max(float(np.abs(scene.mixture).max(initial=0.0)), 1e-9)
        steps = min(steps, int(np.floor(20 * np.log10(_HIGHEST_PEAK / peak) / SCALE_DB)))
        gain = np.float32(10 ** (steps * SCALE_DB / 20))
        moved = np.clip(floor.astype(int) + steps, NOT_HEARD + 1, CODE_MAX)
        turned = replace(scene, stems=scene.stems * gain, bed=scene.bed * gain, floor=scene.floor * gain)
        return turned, np.where(floor == NOT_HEARD, NOT_HEARD, moved).astype(np.uint8)

    def _formula_share(self, label: str) -> float:
        """Return how often a label is made by formula: in training only."""
        return self.rules.formula_share.get(label, 0.0) if self.split == "train" else 0.0

    def _present(self, rng: np.random.Generator) -> list[str]:
        """Return the classes that sound."""
        names = sorted(set(self.stock.clips) | {name for name in _VOICES if self._formula_share(name)})
        names = [name for name in names if any(name in of for of in self.canvas.labels.sources.values())]
        most = min(self.rules.most_sources, len(names))
        return [names[i] for i in rng.choice(len(names), size=rng.integers(1, most + 1), replace=False)]

    def _bed(self, rng: np.random.Generator) -> _Bed:
        samples = self.canvas.samples(_FORMULA_RATE_HZ)
        if rng.random() < self._formula_share(_FORMULA_BACKGROUND):
            place = recorder(rng, _FORMULA_RATE_HZ)
            still = quiet(rng, place, samples)
            scale = np.float32(10 ** (rng.uniform(-66, -34) / 20) / max(float(np.sqrt(np.mean(still**2))), 1e-12))
            codes = level_codes(still * scale, _FORMULA_RATE_HZ, self.canvas.grid)
            histogram = LevelHistogram(self.canvas.grid.bins)
            histogram.add(codes)
            sound = (still + weather(rng, place, samples)) * scale
            name = f"formula-background-{self.seed.spawn_key[-1]:06d}"
            return _Bed(sound, _FORMULA_RATE_HZ, histogram.quantile(FLOOR_SHARE), (f"group {name}",))
        kinds = self.stock.backgrounds
        groups = kinds[sorted(kinds)[rng.integers(len(kinds))]]
        rows = groups[sorted(groups)[rng.integers(len(groups))]]
        row = rows[int(rng.integers(len(rows)))]
        sound, rate_hz, content = heard(self.folder / row.path)
        floor = site_floor(tuple(self.folder / peer.path for peer in rows), rate_hz, self.canvas.grid)
        if self._becomes_mp3(rng) and rate_hz in MP3_RATES_HZ:
            compression = _MP3_COMPRESSIONS[rng.integers(len(_MP3_COMPRESSIONS))]
            sound, floor = heard_from_mp3(self.folder / row.path, compression, self.canvas.grid)
        window = bed_window(rng, sound, self.canvas.samples(rate_hz), rate_hz)
        members = (f"group {row.group}", f"recording {row.recording}", f"content {content}")
        return _Bed(window, rate_hz, floor, members)

    def _becomes_mp3(self, rng: np.random.Generator) -> bool:
        """Return whether a background is made an MP3 first; a recipe without draws nothing, and so mixes as before."""
        share = self.rules.mp3_share if self.split == "train" else 0.0
        return share > 0 and bool(rng.random() < share)

    def _clip(self, rng: np.random.Generator, stem: int, name: str, rate_hz: int, members: list[str]) -> Clip:
        """Return a clip of a class, of a recording or by formula; what it is of is added to ``members``."""
        low_db = self.rules.in_domain_snr_low_db if self.split == TEST_SPLITS["in_domain"] else self.rules.snr_low_db
        snr_db = float(rng.uniform(low_db, max(low_db, self.rules.snr_high_db)))
        distant = bool(rng.random() < self.rules.distant_share)
        rows = self.stock.clips.get(name, ())
        if not rows or rng.random() < self._formula_share(name):
            voice = _VOICES[name](rng)
            sound = voice.sound(rng, rate_hz, min(_LONGEST_VOICE_S, self.canvas.duration_s))
            return Clip(stem, np.asarray(sound, dtype=np.float32), snr_db, distant)
        if self.generated and (row := self.generated.drawn(rng, name)):
            members += self.generated.members
            return Clip(stem, self._sound(row, rate_hz, members, self.generated.folder), snr_db, distant)
        return Clip(stem, self._sound(_drawn(rng, rows), rate_hz, members), snr_db, distant)

    def _sound(self, row: ClipRow, rate_hz: int, members: list[str], folder: Path | None = None) -> np.ndarray:
        names = {row.label, *self.canvas.labels.classes_of(row.label)}
        gate = (self.rules.gate_above_floor_db, self.rules.gate_below_peak_db)
        sound, content = prepared(
            folder or self.folder, row, rate_hz, gate if names & set(self.rules.gated) else _NO_GATE, self.canvas.grid
        )
        members += [f"group {row.group}", f"recording {row.recording}", f"content {content}"]
        return sound


@dataclass(frozen=True)
class _Bed:
    """A stretch of background, the floor of its place, and what it is of."""

    sound: np.ndarray
    rate_hz: int
    floor: np.ndarray
    members: tuple[str, ...]


def _drawn(rng: np.random.Generator, rows: Sequence[ClipRow]) -> ClipRow:
    """Return a clip: every group is drawn equally often, or the recordist with most clips would be the class."""
    groups = sorted({row.group for row in rows})
    group = groups[rng.integers(len(groups))]
    of_group = [row for row in rows if row.group == group]
    return of_group[rng.integers(len(of_group))]

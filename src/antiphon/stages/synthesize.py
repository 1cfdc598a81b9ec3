"""Stage synthesize: learn vocalisations from clips and make new ones; beside the road."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from zlib import crc32

import numpy as np
import pandas as pd
import torch

from antiphon import __version__
from antiphon.baselines.clip_classes import sound_grid
from antiphon.config import Synthesize, section
from antiphon.errors import AntiphonError, mendable
from antiphon.figures.voices.page import Heard, voices_page
from antiphon.figures.voices.pictures import voice_pictures
from antiphon.io.models.checkpoints import load_state, save_state
from antiphon.io.models.voices import LIST, VoiceCard, load_voice_card, load_voices, save_voices, write_sounds
from antiphon.io.records import fingerprint
from antiphon.io.whole import sweep, whole_file, write_text
from antiphon.learning.devices import choose_device
from antiphon.learning.duel import HISTORY, Duel
from antiphon.learning.generators import parameters
from antiphon.learning.likeness import Row, described, likeness
from antiphon.learning.voice_recipe import voice_recipe
from antiphon.learning.voices import made_sounds, make_voices
from antiphon.pairing.chunks import Chunks, read_chunks
from antiphon.progress import log, track
from antiphon.signal.spectrogram import level_codes
from antiphon.stats.judging.folds import grouped_folds

__all__ = ["VERSION", "run"]

VERSION = 3
_PUT_AWAY_EVERY_S = 120.0


def run(
    *,
    output: Path,
    settings: str | None = None,
    generate: int = 0,
    class_: str | None = None,
    voices: Path | None = None,
    seed: int = 1,
    device: str = "auto",
) -> None:
    """Learn voices from clips (--settings), or make sounds with voices that were learned (--generate, --voices).

    Learning writes weights and card, history, sounds and pictures of some epochs, new sounds with a list of them, how
    alike they are to real ones, and a page to listen to. It goes on where it was interrupted.

    Parameters
    ----------
    output
        Folder of the voices, or of the sounds that are made.
    settings
        Section ``synthesize`` of the settings as JSON.
    generate
        Number of sounds to make.
    class_
        Class of the sounds to make; without it all classes take turns.
    voices
        Folder of the voices that make them.
    seed
        Seed of the sounds that are made: the same seed, the same bytes.
    device
        ``auto``, ``cpu`` or ``cuda``.

    Raises
    ------
    AntiphonError
        If there is too little to learn from, voices and settings do not fit, options of both are mixed, or a GPU is
        asked for and absent.
    """
    place = _device(device)
    if settings is not None and not (generate or voices or class_):
        _learn(section(Synthesize, settings), settings, output, place)
    elif settings is None and generate > 0 and voices is not None:
        _make(voices, output, generate, class_, seed, place)
    else:
        raise AntiphonError("give --settings to learn, or --generate N and --voices FOLDER to make sounds")


def _device(name: str) -> torch.device:
    with mendable("synthesize"):
        return choose_device(name)


def _learn(rules: Synthesize, settings: str, output: Path, device: torch.device) -> None:
    _need_scikit_learn()
    chunks = read_chunks(rules, "synthesize")
    for note in chunks.notes:
        log(f"synthesize: {note}")
    learned, unheard = _dealt(chunks, rules)
    duel = _begin(rules, learned, device)
    made_from = fingerprint(VERSION, settings, chunks.classes, crc32(learned.sounds.tobytes()), _start_hashes(rules))
    _play(duel, learned, rules, output / "training.part", made_from)
    _save(output, rules, duel, learned, unheard)


def _need_scikit_learn() -> None:
    """Say at once, not after hours, that the measures cannot be taken."""
    try:
        import sklearn  # noqa: F401
    except ImportError:
        raise AntiphonError("synthesize: scikit-learn is not installed; pip install 'antiphon[compare]'") from None


def _dealt(chunks: Chunks, rules: Synthesize) -> tuple[Chunks, Chunks]:
    """Return what is learned from and what is not, by groups."""
    groups = len(set(chunks.groups))
    if groups == 1:
        raise AntiphonError(
            f"synthesize: all clips are of one group ({chunks.groups[0]}), so nothing is left to hold voices against; "
            f"add clips of others"
        )
    with mendable("synthesize.folds", f"lower it to {groups}, or add clips"):
        fold = grouped_folds(chunks.groups, chunks.present, rules.folds)
    return chunks.take(fold != rules.fold), chunks.take(fold == rules.fold)


def _begin(rules: Synthesize, learned: Chunks, device: torch.device) -> Duel:
    recipe = voice_recipe(
        rules.network,
        game=rules.game,
        noise=rules.noise,
        learning_rate=rules.learning_rate,
        critic_learning_rate=rules.critic_learning_rate,
        batch_size=rules.batch_size,
        average_decay=rules.average_decay,
        seed=rules.seed,
    )
    players = make_voices(
        rules.network,
        samples=learned.sounds.shape[1],
        rate_hz=rules.sample_rate_hz,
        noise=recipe.noise,
        classes=len(learned.classes) if rules.conditional else 0,
        width=rules.width,
        seed=rules.seed,
    )
    if rules.start_from:
        folder = Path(rules.start_from)
        generator, critic = load_voices(folder, load_voice_card(folder))
        try:
            players.generator.load_state_dict(generator)
            players.critic.load_state_dict(critic)
        except RuntimeError:
            raise AntiphonError(
                f"synthesize.start_from: {folder} has another network, width, length or number of classes "
                "than the settings say, or was learned by another version of this stage"
            ) from None
    return Duel.begin(recipe, players, device)


def _start_hashes(rules: Synthesize) -> list[str]:
    if not rules.start_from:
        return []
    card = load_voice_card(Path(rules.start_from))
    return [card.generator_sha256, card.critic_sha256]


def _play(duel: Duel, learned: Chunks, rules: Synthesize, part: Path, made_from: str) -> None:
    """Play to the last epoch, from where an interrupted run left off."""
    if state := load_state(part, made_from):
        duel.resume(state)
    log(f"synthesize: {parameters(duel.generator):,} parameters on {duel.device}, from epoch {duel.epoch}")
    seen = duel.voices.seen(torch.from_numpy(learned.sounds))
    asked = [place % len(learned.classes) for place in range(rules.samples)]
    shown, put_away_s = {*rules.sample_epochs, rules.epochs}, time.monotonic()
    for _ in track(range(duel.epoch, rules.epochs), "synthesize: epochs"):
        try:
            row = duel.play_epoch(seen, learned.label.tolist())
        except ArithmeticError as error:
            raise AntiphonError(f"synthesize: {error}; lower the learning rates") from None
        if duel.epoch in shown:
            duel.samples[duel.epoch] = torch.from_numpy(made_sounds(duel.voices, duel.average, asked, rules.seed))
            log(f"synthesize: epoch {duel.epoch}: " + ", ".join(f"{name} {row[name]:.3f}" for name in HISTORY))
        if duel.epoch in shown or time.monotonic() - put_away_s > _PUT_AWAY_EVERY_S:
            save_state(part, made_from, duel.state())
            put_away_s = time.monotonic()


def _save(output: Path, rules: Synthesize, duel: Duel, learned: Chunks, unheard: Chunks) -> None:
    """Write everything, the card last, then forget the unfinished training."""
    sweep(output)
    rate_hz, card = rules.sample_rate_hz, _card(rules, duel, learned)
    asked = np.repeat(np.arange(len(learned.classes)), rules.generate)
    made = made_sounds(duel.voices, duel.average, asked.tolist(), rules.seed + 1)
    write_sounds(output / "generated", made, rate_hz, card.names(asked.tolist()), f"generated {rules.name}")
    rows = likeness(
        described(learned.sounds, learned.label, learned.groups, rate_hz),
        described(unheard.sounds, unheard.label, unheard.groups, rate_hz),
        described(made, asked if rules.conditional else np.full(len(asked), -1), ("",) * len(asked), rate_hz),
        rules.folds,
        rules.seed,
    )
    _write_csv(output / "likeness.csv", pd.DataFrame(rows))
    _write_csv(output / "history.csv", pd.DataFrame(duel.history, columns=["epoch", *HISTORY]))
    _save_page(output, duel, _samples(rules, duel, unheard, learned), rows, card)
    save_voices(output, card, duel.average.state_dict(), duel.critic.state_dict())
    (output / "training.part").unlink(missing_ok=True)
    log(f"synthesize: {len(made)} sounds in {output / 'generated' / LIST}; listen to {output / 'index.html'}")


def _write_csv(path: Path, table: pd.DataFrame) -> None:
    write_text(path, table.to_csv(index=False, float_format="%.6g", lineterminator="\n"))


def _samples(rules: Synthesize, duel: Duel, unheard: Chunks, learned: Chunks) -> dict[str, list[np.ndarray]]:
    """Return the sounds of the sampled epochs and real ones of the same classes, unheard where there are any."""
    turns = [divmod(place, len(learned.classes)) for place in range(rules.samples)]
    both = [(unheard.nth(number, turn), learned.nth(number, turn)) for turn, number in turns]
    silence = np.zeros(learned.sounds.shape[1], dtype=np.float32)
    real = [next((one for one in pair if one is not None), silence) for pair in both]
    return {**{f"epoch {epoch}": [*sounds.numpy()] for epoch, sounds in duel.samples.items()}, "real": real}


def _card(rules: Synthesize, duel: Duel, learned: Chunks) -> VoiceCard:
    return VoiceCard(
        name=rules.name,
        network=rules.network,
        classes=learned.classes,
        conditional=rules.conditional,
        noise=duel.recipe.noise,
        width=rules.width,
        samples=learned.sounds.shape[1],
        rate_hz=rules.sample_rate_hz,
        parameters=parameters(duel.generator),
        training={"recipe": asdict(duel.recipe), "epochs": duel.epoch, "start_from": _start_hashes(rules)},
        learned_groups=tuple(sorted(set(learned.groups))),
        notes=learned.notes,
        versions={"antiphon": __version__, "synthesize": VERSION},
    )


def _save_page(
    output: Path, duel: Duel, columns: Mapping[str, Sequence[np.ndarray]], rows: Sequence[Row], card: VoiceCard
) -> None:
    """Write the sounds of the epochs, the pictures and the page."""
    count = len(columns["real"])
    names = [card.classes[place % len(card.classes)] for place in range(count)]
    table: list[list[Heard]] = [[] for _ in range(count)]
    for words, sounds in columns.items():
        folder = "samples/" + words.replace(" ", "_")
        paths = [f"{folder}/{path}" for path in write_sounds(output / folder, sounds, card.rate_hz, names, words)]
        for line, path, name in zip(table, paths, names, strict=True):
            line.append(Heard(path, words, name, (output / path).read_bytes()))
    grid = sound_grid(card.rate_hz)
    sheet = {words: [level_codes(one, card.rate_hz, grid) for one in some] for words, some in columns.items()}
    pictures = voice_pictures(duel.history, sheet, names, hop_s=grid.hop_s, bin_hz=grid.bin_hz)
    for name, png in pictures.items():
        with whole_file(output / f"{name}.png") as scratch:
            scratch.write_bytes(png)
    page = voices_page(card=card.model_dump(mode="json"), table=table, measures=rows, pictures=pictures)
    write_text(output / "index.html", page)


def _make(folder: Path, output: Path, count: int, name: str | None, seed: int, device: torch.device) -> None:
    """Make sounds with voices that were learned."""
    card = load_voice_card(folder)
    if name is not None and name not in card.classes:
        raise AntiphonError(f"--class {name}: {folder} learned {', '.join(card.classes)}")
    if name is not None and not card.conditional and len(card.classes) > 1:
        raise AntiphonError(f"--class {name}: {folder} was learned without classes (synthesize.conditional: false)")
    players = make_voices(
        card.network,
        samples=card.samples,
        rate_hz=card.rate_hz,
        noise=card.noise,
        classes=len(card.classes) if card.conditional else 0,
        width=card.width,
        seed=0,
    )
    try:
        players.generator.load_state_dict(load_voices(folder, card)[0])
    except RuntimeError:
        raise AntiphonError(
            f"synthesize: {folder} was learned by version {card.versions.get('synthesize')} of this stage, and the "
            f"{card.network} of version {VERSION} has other layers; learn it again"
        ) from None
    numbers = [card.classes.index(name) if name else place % len(card.classes) for place in range(count)]
    sounds = made_sounds(players, players.generator.to(device), numbers, seed)
    write_sounds(output, sounds, card.rate_hz, card.names(numbers), f"generated {card.name}")
    log(f"synthesize: {count} sounds in {output / LIST}")

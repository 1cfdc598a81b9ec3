"""Stage synthesize: learns for real, if briefly; same seed same bytes; bad input gets one line."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest
import soundfile
import yaml

from antiphon.__main__ import main
from antiphon.errors import AntiphonError
from antiphon.io.examples.lists import read_clips
from antiphon.io.models.voices import load_voice_card, load_voices, save_voices
from antiphon.stages import synthesize
from conftest import ROOT

RATE = 8000


def tone(hz, seconds, rate=RATE, seed=0):
    t = np.arange(round(seconds * rate)) / rate
    noise = np.random.default_rng(seed).normal(0, 1e-3, len(t))
    return (0.5 * np.hanning(len(t)) * np.sin(2 * np.pi * hz * t) + noise).astype(np.float32)


def write(path, sound, rate=RATE):
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, sound, rate)


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    """Two classes, five clips each, of several lengths, rates and formats."""
    folder = tmp_path_factory.mktemp("clips")
    for number in range(5):
        write(folder / "low" / f"{number}.wav", tone(700 + 30 * number, 0.2 + 0.1 * number, seed=number))
        write(folder / "high" / f"{number}.flac", tone(2500 + 60 * number, 0.5, rate=16_000, seed=number), 16_000)
    return folder


def settings(**changes):
    values = yaml.safe_load((ROOT / "config" / "config.yaml").read_text(encoding="utf-8"))["synthesize"]
    small = {
        "name": "tiny", "duration_s": 0.25, "sample_rate_hz": RATE, "network": "specgan", "width": 4, "noise": 6,
        "epochs": 3, "batch_size": 4, "sample_epochs": [1, 2, 50], "samples": 3, "generate": 3, "folds": 3,
    }  # fmt: skip
    return json.dumps({**values, **small, **changes})


def learn(clips, output, **changes):
    synthesize.run(settings=settings(audio_root=str(clips), **changes), output=output, device="cpu")
    return output


def contents(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.fixture(scope="module")
def voices(clips, tmp_path_factory):
    return learn(clips, tmp_path_factory.mktemp("voices"))


def test_learning__writes_all_that_belongs_to_voices(voices):
    written = set(contents(voices))
    for name in ("card.json", "generator.safetensors", "critic.safetensors", "likeness.csv", "losses.png",
                 "probabilities.png", "samples.png", "index.html", "generated/clips.csv",
                 "samples/epoch_1/low/0001.flac", "samples/epoch_3/high/0001.flac", "samples/real/low/0001.flac",
                 "generated/low/0003.flac"):  # fmt: skip
        assert name in written
    assert "training.part" not in written
    history = pd.read_csv(voices / "history.csv")
    assert list(history) == ["epoch", "generator_loss", "critic_loss", "real_probability", "generated_probability"]
    assert history.epoch.tolist() == [1, 2, 3]
    card = json.loads((voices / "card.json").read_text(encoding="utf-8"))
    assert card["classes"] == ["high", "low"]
    assert len(card["learned_groups"]) == 6
    assert "5 of 10 clips were resampled to 8000 Hz" in card["notes"]
    sound, rate = soundfile.read(voices / "generated" / "low" / "0001.flac")
    assert (len(sound), rate) == (2000, RATE)
    measured = pd.read_csv(voices / "likeness.csv")
    assert {"snr_db", "nearest_cosine", "diversity_cosine", "frechet", "near_copies", "told_from_real",
            "trained_on_generated_tested_on_real", "cross_validated"} <= set(measured.measure)  # fmt: skip


def test_golden_figures__stand_as_long_as_the_version_does(voices):
    """Who changes what this stage computes must raise its VERSION, or finished voices keep their old numbers."""
    history = pd.read_csv(voices / "history.csv")
    now = {"version": synthesize.VERSION, "figures": [*history.critic_loss]}
    golden = json.loads((ROOT / "tests" / "golden.json").read_text(encoding="utf-8"))["synthesize"]
    hint = f"raise VERSION in stages/synthesize.py if this is meant, and write to tests/golden.json: {json.dumps(now)}"
    assert golden["version"] == now["version"], hint
    assert golden["figures"] == pytest.approx(now["figures"], rel=2e-3), hint


def test_generated_list__is_a_list_of_clips(voices):
    rows = read_clips(voices / "generated" / "clips.csv")
    assert [row.label for row in rows] == ["high"] * 3 + ["low"] * 3
    assert {row.split for row in rows} == {"train"}
    assert all((voices / "generated" / row.path).is_file() for row in rows)


def test_learning_again__gives_the_same_bytes(clips, voices, tmp_path):
    assert contents(learn(clips, tmp_path)) == contents(voices)


def test_interrupted_learning__ends_as_if_nothing_had_happened(clips, voices, tmp_path, monkeypatch):
    played = synthesize.Duel.play_epoch

    def killed(duel, *given):
        if duel.epoch == 2:
            raise KeyboardInterrupt
        return played(duel, *given)

    monkeypatch.setattr(synthesize.Duel, "play_epoch", killed)
    with pytest.raises(KeyboardInterrupt):
        learn(clips, tmp_path)
    assert (tmp_path / "training.part").exists()
    monkeypatch.setattr(synthesize.Duel, "play_epoch", played)
    assert contents(learn(clips, tmp_path)) == contents(voices)


def test_generate__same_seed_same_bytes(voices, tmp_path):
    def made(name, *more):
        folder = tmp_path / name
        assert main(["synthesize", "--generate", "4", "--voices", str(voices), "--output", str(folder), *more]) == 0
        return contents(folder)

    one = made("one", "--class", "low", "--seed", "7")
    assert [name for name in one if name.endswith("flac")] == [f"low/000{i}.flac" for i in range(1, 5)]
    assert made("two", "--class", "low", "--seed", "7") == one
    assert made("three", "--class", "low", "--seed", "8") != one
    assert {name.split("/")[0] for name in made("four")} == {"low", "high", "clips.csv"}


def test_voices_of_an_older_network__are_not_taken_for_those_of_today(voices, tmp_path):
    older = tmp_path / "older"
    shutil.copytree(voices, older)
    card = load_voice_card(older)
    generator, critic = load_voices(older, card)
    generator["older"] = generator.pop(next(iter(generator)))
    save_voices(older, card.model_copy(update={"versions": {"synthesize": 2}}), generator, critic)
    with pytest.raises(AntiphonError, match=r"learned by version 2 of this stage.* learn it again"):
        synthesize.run(output=tmp_path / "made", voices=older, generate=1)


def test_start_from__begins_with_other_weights(clips, voices, tmp_path):
    fresh = pd.read_csv(voices / "history.csv")
    more = pd.read_csv(learn(clips, tmp_path, start_from=str(voices)) / "history.csv")
    assert more.generator_loss[0] != fresh.generator_loss[0]
    card = json.loads((tmp_path / "card.json").read_text(encoding="utf-8"))
    assert len(card["training"]["start_from"]) == 2
    with pytest.raises(AntiphonError, match="has another network, width"):
        learn(clips, tmp_path / "other", start_from=str(voices), width=8)


def test_voices_without_classes__cannot_be_asked_for_one(clips, tmp_path, capsys):
    folder = learn(clips, tmp_path, conditional=False, network="dense", epochs=1)
    assert (folder / "generated" / "high+low" / "0006.flac").exists()
    measured = pd.read_csv(folder / "likeness.csv")
    assert not measured.measure.str.startswith("trained_on").any()
    wrong = ["synthesize", "--generate", "1", "--voices", str(folder), "--output", str(tmp_path / "x"), "--class"]
    assert main([*wrong, "low"]) == 2
    assert "was learned without classes" in capsys.readouterr().err
    assert main([*wrong, "middle"]) == 2
    assert "--class middle" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (lambda folder: shutil.rmtree(folder / "clips"), "is no folder"),
        (lambda folder: [shutil.rmtree(folder / "clips" / name) for name in ("low", "high")], "no clip in"),
        (lambda folder: shutil.move(folder / "clips" / "low" / "0.wav", folder / "clips"), "no folder of a class"),
        (lambda folder: (folder / "clips" / "low" / "0.wav").write_text("no sound"), "0.wav"),
    ],
)
def test_bad_folders__get_one_line(clips, tmp_path, change, line):
    shutil.copytree(clips, tmp_path / "clips")
    change(tmp_path)
    with pytest.raises(AntiphonError, match=line) as caught:
        learn(tmp_path / "clips", tmp_path / "out")
    assert "\n" not in str(caught.value)


def test_too_little__gets_one_line(tmp_path):
    write(tmp_path / "one" / "bird" / "a.wav", tone(1000, 1))
    with pytest.raises(AntiphonError, match="all clips are of one group"):
        learn(tmp_path / "one", tmp_path / "out")
    write(tmp_path / "one" / "bird" / "b.wav", tone(1100, 1))
    with pytest.raises(AntiphonError, match="2 groups cannot fill 3 folds; lower it to 2"):
        learn(tmp_path / "one", tmp_path / "out")
    write(tmp_path / "silent" / "bird" / "a.wav", np.zeros(RATE))
    with pytest.raises(AntiphonError, match="are silent"):
        learn(tmp_path / "silent", tmp_path / "out")
    with pytest.raises(AntiphonError, match="no clip of owl"):
        learn(tmp_path / "one", tmp_path / "out", classes=["owl"])


def test_silent_and_short_clips__are_told_of(clips, tmp_path, capsys):
    shutil.copytree(clips, tmp_path / "clips")
    write(tmp_path / "clips" / "low" / "silent.wav", np.zeros(RATE))
    learn(tmp_path / "clips", tmp_path / "out", epochs=1)
    told = capsys.readouterr().err
    assert "1 of 11 clips are silent and left out" in told
    assert "shorter than 0.25 s and have silence behind them" in told


def test_neither_learn_nor_make__says_what_is_wanted(tmp_path, capsys):
    assert main(["synthesize", "--output", str(tmp_path)]) == 2
    assert "give --settings to learn, or --generate N and --voices FOLDER" in capsys.readouterr().err
    assert (
        main(["synthesize", "--output", str(tmp_path), "--settings", settings(audio_root="x"), "--class", "low"]) == 2
    )
    assert "give --settings to learn" in capsys.readouterr().err
    assert main(["synthesize", "--output", str(tmp_path), "--generate", "1", "--voices", str(tmp_path / "none")]) == 2
    assert "none/card.json" in capsys.readouterr().err


def test_learning__takes_clips_up_to_96_khz(tmp_path):
    for number in range(3):
        write(tmp_path / "bat" / f"{number}.wav", tone(30_000 + 1000 * number, 0.1, rate=96_000, seed=number), 96_000)
    folder = learn(tmp_path, tmp_path / "out", sample_rate_hz=96_000, duration_s=0.1, epochs=1, sample_epochs=[1])
    sound, rate = soundfile.read(folder / "generated" / "bat" / "0001.flac")
    assert (len(sound), rate) == (9600, 96_000)

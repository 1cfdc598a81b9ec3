"""Stage pair on recorded sound: clips over backgrounds, boxes, pictures; all made by formula here."""

import json

import numpy as np
import pytest
import soundfile
from PIL import Image

from antiphon.errors import AntiphonError
from antiphon.io.examples.pairs import SPLITS, read_examples, splits_of
from antiphon.io.models.voices import VoiceCard, save_voices, write_sounds
from antiphon.stages import pair

STFT = {
    "window_s": 0.016,
    "hop_s": 0.008,
    "bins": 128,
    "chunk_frames": 256,
    "shard_frames": 256,
    "clipping_level": 0.999,
    "keep_before_fault": True,
}
RATE = 16_000
SOURCES = {
    "bird": {"labels": ["bird"], "scientific_name": "Aves", "common_name": "bird"},
    "frog": {"labels": ["frog"], "scientific_name": "Anura", "common_name": "frog"},
}
MIXTURES = {
    "clips": "clips.csv",
    "backgrounds": "backgrounds.csv",
    "licences": None,
    "train": 6,
    "validation": 2,
    "test_in_domain": 2,
    "test_transfer": 3,
    "snr_low_db": 0.0,
    "snr_high_db": 20.0,
    "in_domain_snr_low_db": 5.0,
    "most_sources": 2,
    "most_clips": 2,
    "empty_share": 0.1,
    "nuisances": ["knock"],
    "nuisance_share": 0.5,
    "gated": ["bird"],
    "gate_above_floor_db": 10.0,
    "gate_below_peak_db": 40.0,
    "distant_share": 0.5,
    "mp3_share": 0.0,
    "gain_db": 6.0,
    "formula_share": {"bird": 0.3, "background": 0.3},
    "seed": 1,
}
BOXES = {
    "recordings": "recordings.csv",
    "label_column": None,
    "columns": None,
    "picture": None,
    "above_background_db": 6.0,
    "below_peak_db": 40.0,
    "margin_s": 0.1,
}
PICTURES = {
    "label": "bird",
    "column_s": 0.004,
    "row_hz": 31.25,
    "mirrored": False,
    "white_db": 0.0,
    "range_db": None,
}


def call(freq_hz, duration_s=0.5):
    t = np.arange(round(duration_s * RATE)) / RATE
    return 0.3 * np.hanning(len(t)) * np.sin(2 * np.pi * freq_hz * t)


def noise(seconds, seed):
    return np.random.default_rng(seed).normal(0, 0.003, round(seconds * RATE))


def settings(folder, **origins):
    for name, given in origins.items():
        if name in ("mixtures", "boxes") and given:
            given.setdefault("audio_root", str(folder))
    return {
        "duration_s": 2.0,
        "label_map": None,
        "split": {"folds": 3, "fold": 0, "in_domain_share": 0.3, "seed": 1},
        "formula": None,
        "mixtures": None,
        "generated": None,
        "boxes": None,
        "mask_pictures": None,
        "mask_rule": {"above_background_db": 6.0, "below_peak_db": 40.0, "other_margin_db": 6.0, "least_cells": 12},
    } | origins


def run(folder, output, workers=1, sources=SOURCES, **origins):
    model = {"network": "resunet", "weights": "train", "widths": [4, 4], "sources": sources}
    pair.run(
        settings=json.dumps(settings(folder, **origins)),
        model_settings=json.dumps(model),
        stft=json.dumps(STFT),
        output=output,
        workers=workers,
    )
    return output / "pairs.zarr"


def write_mixture_lists(folder, extra_clips=(), backgrounds=6):
    """Write clips of two classes and six groups each, and backgrounds of six sites."""
    clips = ["path,label,recording,group,licence,keep,why"]
    for group in range(6):
        for label, freq_hz in (("bird", 4000 + 200 * group), ("frog", 900 + 50 * group), ("knock", 300 + 20 * group)):
            for number in range(2):
                path = f"{label}-{group}-{number}.wav"
                soundfile.write(folder / path, call(freq_hz + 30 * number), RATE)
                clips.append(f"{path},{label},,{label} {group},CC0,yes,")
    clips.append("nowhere.wav,bird,,bird 9,CC0,no,another bird in it")
    (folder / "clips.csv").write_text("\n".join([*clips, *extra_clips]) + "\n")
    rows = ["path,kind,group,keep,why"]
    for site in range(backgrounds):
        for number in range(2):
            path = f"bed-{site}-{number}.wav"
            soundfile.write(folder / path, noise(3.0, 10 * site + number), RATE)
            rows.append(f"{path},quiet,site {site},yes,")
    (folder / "backgrounds.csv").write_text("\n".join(rows) + "\n")


def contents(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.fixture(scope="module")
def mixed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clips")
    write_mixture_lists(folder)
    lists = {key: str(folder / MIXTURES[key]) for key in ("clips", "backgrounds")}
    return folder, run(folder, tmp_path_factory.mktemp("model"), mixtures=MIXTURES | lists)


def test_mixtures__fill_all_splits_with_exact_truth(mixed):
    store = mixed[1]
    assert splits_of(store) == SPLITS
    for split in SPLITS:
        examples = read_examples(store, split)
        assert len(examples) == MIXTURES[split]
        assert examples.known_bits is None and set(examples.origins) == {"mixtures"}
        assert (examples.masks().any(axis=(2, 3)) <= ~np.isnan(examples.snr_db)).all()
        low_db = 5.0 if split == "test_in_domain" else 0.0
        assert (examples.events.snr_db >= low_db).all() and (examples.events.snr_db <= 20.0).all()
    train = read_examples(store, "train")
    assert train.mask_bits.any() and len(train.events.example)


def test_mixtures__share_nothing_that_they_must_not(mixed):
    members = {split: {n for of in read_examples(mixed[1], split).members for n in of} for split in SPLITS}
    for name in members["test_transfer"] | members["validation"]:
        assert sum(name in members[split] for split in SPLITS) == 1
    assert not {n for n in members["train"] & members["test_in_domain"] if not n.startswith("group ")}


def test_mixtures__keep_the_floor_where_the_place_has_it(mixed):
    examples = read_examples(mixed[1], "test_transfer")
    quiet = ~examples.masks().any(axis=1)
    over = examples.level.astype(int) - examples.floor[:, np.newaxis]
    # The floor is the quantile 0.1 of noise: its median lies some 8 dB, 16 codes, above it.
    assert 8 < np.median(over[quiet]) < 26


@pytest.mark.slow
def test_mixtures__are_the_same_bytes_from_any_number_of_workers(mixed, tmp_path):
    folder, store = mixed
    lists = {key: str(folder / MIXTURES[key]) for key in ("clips", "backgrounds")}
    run(folder, tmp_path, workers=2, mixtures=MIXTURES | lists)
    assert contents(tmp_path) == contents(store.parent)


def test_mixtures__catch_a_leak_that_was_planted(tmp_path):
    # One call under twelve names of twelve recordists: some of them fall to training, some to a test.
    rows = [f"copy-{number}.wav,bird,,copyist {number},CC0,yes," for number in range(12)]
    for number in range(12):
        soundfile.write(tmp_path / f"copy-{number}.wav", call(4321.0), RATE)
    write_mixture_lists(tmp_path, rows)
    lists = {key: str(tmp_path / MIXTURES[key]) for key in ("clips", "backgrounds")}
    with pytest.raises(AntiphonError, match=r"content [0-9a-f]+ is in .* and in"):
        run(tmp_path, tmp_path / "model", mixtures=MIXTURES | lists | {"train": 40, "test_transfer": 40})
    assert not (tmp_path / "model" / "pairs.zarr").exists()


def test_mixtures__say_what_is_missing(tmp_path):
    write_mixture_lists(tmp_path, backgrounds=1)
    lists = {key: str(tmp_path / MIXTURES[key]) for key in ("clips", "backgrounds")}
    with pytest.raises(AntiphonError, match="no background falls to"):
        run(tmp_path, tmp_path / "model", mixtures=MIXTURES | lists)
    with pytest.raises(AntiphonError, match="nothing makes bird"):
        run(tmp_path, tmp_path / "model", mixtures=MIXTURES | lists | {"licences": ["MIT"], "formula_share": {}})
    (tmp_path / "bird-0-0.wav").unlink()
    with pytest.raises(AntiphonError, match=r"bird-0-0\.wav: listed and not there"):
        run(tmp_path, tmp_path / "model", mixtures=MIXTURES | lists)


def test_mp3_share__changes_training_only(tmp_path):
    write_mixture_lists(tmp_path)
    lists = {key: str(tmp_path / MIXTURES[key]) for key in ("clips", "backgrounds")}
    mixtures = MIXTURES | lists | {"formula_share": {}}
    levels = {}
    for share in (0.0, 1.0):
        store = run(tmp_path, tmp_path / f"model {share}", mixtures=mixtures | {"mp3_share": share})
        levels[share] = {split: read_examples(store, split).level for split in SPLITS}
    assert not np.array_equal(levels[0.0]["train"], levels[1.0]["train"])
    for split in set(SPLITS) - {"train"}:
        np.testing.assert_array_equal(levels[0.0][split], levels[1.0][split])


def write_voices(folder, groups):
    """Write what stage synthesize would: sounds of 6 kHz, their list, and a card that says what they learned from."""
    written = write_sounds(folder / "generated", [call(6000.0, 0.3)] * 3, RATE, ["bird"] * 3, "generated voices")
    card = VoiceCard(
        name="voices", network="dense", classes=("bird",), conditional=True, noise=1, width=4, samples=1, rate_hz=RATE,
        parameters=1, training={}, learned_groups=groups, notes=(), versions={},
    )  # fmt: skip
    save_voices(folder, card, {}, {})
    return written


def test_generated_voices__sing_in_training_only(tmp_path):
    write_mixture_lists(tmp_path)
    write_voices(tmp_path / "voices", ("a recordist who is in no list",))
    lists = {key: str(tmp_path / MIXTURES[key]) for key in ("clips", "backgrounds")}
    mixtures = MIXTURES | lists | {"formula_share": {}, "empty_share": 0.0, "distant_share": 0.0}
    generated = {"voices": str(tmp_path / "voices"), "share": {"bird": 1.0}}
    store = run(tmp_path, tmp_path / "model", mixtures=mixtures, generated=generated)
    bird_bins = {}
    for split in SPLITS:
        masks = read_examples(store, split).masks()[:, 0]  # (example, time, frequency)
        bird_bins[split] = set(np.flatnonzero(masks.any(axis=(0, 1))))
    high = round(6000 / 62.5)
    assert high in bird_bins["train"]
    assert not any(high in bird_bins[split] for split in SPLITS if split != "train")
    assert min(bird_bins["train"]) > 5000 / 62.5
    members = {name for of in read_examples(store, "train").members for name in of}
    assert {"group generated voices", "group a recordist who is in no list"} <= members


def test_generated_voices__that_learned_from_a_test_are_refused(tmp_path):
    write_mixture_lists(tmp_path)
    lists = {key: str(tmp_path / MIXTURES[key]) for key in ("clips", "backgrounds")}
    write_voices(tmp_path / "voices", tuple(f"bird {group}" for group in range(6)))
    generated = {"voices": str(tmp_path / "voices"), "share": {"bird": 1.0}}
    with pytest.raises(AntiphonError, match=r"group bird \d is in .* and in"):
        run(tmp_path, tmp_path / "model", mixtures=MIXTURES | lists, generated=generated)


def test_generated_voices__say_what_is_missing(tmp_path):
    write_mixture_lists(tmp_path)
    lists = {key: str(tmp_path / MIXTURES[key]) for key in ("clips", "backgrounds")}
    generated = {"voices": str(tmp_path / "voices"), "share": {"frog": 0.5}}
    with pytest.raises(AntiphonError, match=r"card\.json: no such file"):
        run(tmp_path, tmp_path / "model", mixtures=MIXTURES | lists, generated=generated)
    write_voices(tmp_path / "voices", ())
    with pytest.raises(AntiphonError, match="has no voice of frog; it has bird"):
        run(tmp_path, tmp_path / "model", mixtures=MIXTURES | lists, generated=generated)
    with pytest.raises(AntiphonError, match="generated voices sing in mixtures"):
        run(tmp_path, tmp_path / "model", generated=generated, mask_pictures=PICTURES | {"folder": "."})


@pytest.fixture(scope="module")
def boxed(tmp_path_factory):
    """Six recordings: a boxed bird at 1 s, at 3.5 s a frog that nobody boxed."""
    folder = tmp_path_factory.mktemp("boxes")
    rows = ["path,annotations,format,group,exhaustive,channel,from_s,to_s,split"]
    splits = ["train", "train", "validation", "test_in_domain", "test_transfer", "train"]
    for number, split in enumerate(splits):
        sound = noise(5.0, number)
        for start_s, freq_hz in ((1.0, 4000.0), (3.5, 1000.0)):
            first = round(start_s * RATE)
            sound[first : first + RATE // 2] += call(freq_hz)
        soundfile.write(folder / f"r{number}.wav", sound, RATE)
        lines = ["1.0\t1.5\tbird", "\\\t3500\t4500", "2\t2\tpoint", "2.2\t2.6\tmystery", "\\\t1\t800"]
        lines += ["3.5\t4.0\tfrog", "\\\t800\t1200"] if number == 5 else []
        (folder / f"r{number}.txt").write_text("\n".join(lines))
        exhaustive = "bird" if number == 0 else ""
        rows.append(f"r{number}.wav,r{number}.txt,audacity,site {number},{exhaustive},,,4.5,{split}")
    (folder / "recordings.csv").write_text("\n".join(rows) + "\n")
    output = tmp_path_factory.mktemp("model")
    return run(folder, output, boxes=BOXES | {"recordings": str(folder / "recordings.csv")})


def test_boxes__label_what_stands_out_in_them(boxed):
    examples = read_examples(boxed, "train")
    # Five seconds in pieces of two: the third lies flush with the end.
    assert len(examples) == 9 and examples.groups[:3] == ("site 0",) * 3
    bird = examples.masks()[0, 0]
    assert bird[140:170, 63:65].all()
    outside = bird.copy()
    outside[123:189, 56:72] = False
    assert not outside.any()
    assert not examples.masks()[:6, 1].any() and examples.masks()[6:, 1].any()
    assert examples.events.snr_db[0] > 20


def test_boxes__know_only_what_was_said(boxed):
    examples = read_examples(boxed, "train")
    known = examples.known()
    exhaustive, partial = known[0], known[3]
    inside = (slice(125, 186), slice(57, 72))
    assert exhaustive[0][inside].all() and partial[0][inside].all()
    # Of birds all is known in the exhaustive recording, in the other only the box; of frogs nothing in either.
    assert exhaustive[0, :100].all() and not partial[0, :100].any()
    assert not exhaustive[1].any() and not partial[1].any()
    # Behind the last second that was annotated nothing is known; the mystery may be a bird.
    assert not known[2, 0, -60:].any()
    assert not known[1, 0, 40:60, 1:12].any()


def test_boxes__find_files_of_one_name_by_their_folders(tmp_path):
    """Recorders name files by the time: at two sites they are called alike, and one table may speak of both."""
    rows, boxes = ["path,annotations,format,group,split"], ["path,start_s,end_s,freq_low_hz,freq_high_hz,label"]
    for number, split in enumerate(("train", "train", "validation", "test_transfer")):
        (tmp_path / f"site{number}").mkdir()
        soundfile.write(tmp_path / f"site{number}" / "REC_20240502_053000.wav", noise(2.0, number), RATE)
        rows.append(f"site{number}/REC_20240502_053000.wav,verdicts.csv,csv,site {number},{split}")
        folder = "C:\\cards\\site1" if number == 1 else f"site{number}"
        boxes.append(f"{folder}/REC_20240502_053000.wav,0.{number},1.{number},3000,5000,bird")
    lists = tmp_path / "reviews"
    lists.mkdir()
    (lists / "recordings.csv").write_text("\n".join(rows) + "\n")
    (lists / "verdicts.csv").write_text("\n".join([*boxes, "elsewhere/REC_20240502_053000.wav,0,1,3000,5000,bird"]))
    sources = {"bird": SOURCES["bird"]}
    store = run(
        tmp_path, tmp_path / "model", sources=sources, boxes=BOXES | {"recordings": str(lists / "recordings.csv")}
    )
    examples = read_examples(store, "train")
    starts = [int(np.flatnonzero(known[0].any(1))[0]) for known in examples.known()]
    assert starts == [0, 12]  # 0 s and 0.1 s
    (bad,) = (tmp_path / "model" / "bad_annotations.csv").read_text().splitlines()[1:]
    assert bad.startswith("verdicts.csv,6,") and "several recordings of this table fit" in bad


def test_boxes__list_every_bad_row(boxed):
    lines = (boxed.parent / "bad_annotations.csv").read_text().splitlines()
    assert lines[:2] == ["file,line,reason", 'r0.txt,3,"ends at 2 s, not after its start at 2 s"']
    assert len(lines) == 7
    recipe = json.loads((boxed.parent / "pairs.json").read_text())
    assert recipe["unmapped_labels"] == {"mystery": 6}
    assert recipe["splits"]["train"]["known_share"]["frog"] < 0.05


def test_pictures__are_laid_on_the_grid(tmp_path):
    for split in ("train", "Val", "test"):
        for kind in ("images", "masks"):
            (tmp_path / split / kind).mkdir(parents=True)
        for side in ("left", "right"):
            picture = np.full((256, 400, 3), 3, dtype=np.uint8)
            picture[100:121, 100:200] = 255
            picture[0, 0] = len(split)
            Image.fromarray(picture).save(tmp_path / split / "images" / f"{split}1_{side}.png")
            mask = np.where(picture == 255, 255, 0).astype(np.uint8)
            Image.fromarray(mask).save(tmp_path / split / "masks" / f"{split}1_{side}.png")
    sources = {"bird": SOURCES["bird"]}
    store = run(tmp_path, tmp_path / "model", sources=sources, mask_pictures=PICTURES | {"folder": str(tmp_path)})
    examples = read_examples(store, "train")
    assert examples.groups == ("train1", "train1") and examples.known_bits is None
    # Rows 100 to 120 of 256, from above, are 135 to 155 from below: 4219 to 4844 Hz, bins 67.5 to 77.5.
    mask = examples.masks()[0, 0]
    assert mask[50:100, 68:78].all()
    mask[50:100, 67:79] = False
    assert not mask.any()
    assert examples.level[0, 60, 70] == 245 and 165 < examples.level[0, 10, 70] < 169


def test_pictures__say_what_is_missing(tmp_path):
    with pytest.raises(AntiphonError, match="no pictures in train, val or test"):
        run(tmp_path, tmp_path / "model", sources={"bird": SOURCES["bird"]}, mask_pictures=PICTURES | {"folder": "."})
    with pytest.raises(AntiphonError, match="nothing makes bird"):
        run(tmp_path, tmp_path / "m", mask_pictures=PICTURES | {"folder": ".", "label": "owl"})


def test_pictures__catch_one_that_is_in_two_splits(tmp_path):
    for split in ("train", "val"):
        for kind in ("images", "masks"):
            (tmp_path / split / kind).mkdir(parents=True)
            Image.fromarray(np.eye(64, dtype=np.uint8)).save(tmp_path / split / kind / f"{split}.png")
    with pytest.raises(AntiphonError, match=r"content .* is in train and in validation"):
        run(
            tmp_path,
            tmp_path / "m",
            sources={"bird": SOURCES["bird"]},
            mask_pictures=PICTURES | {"folder": str(tmp_path)},
        )

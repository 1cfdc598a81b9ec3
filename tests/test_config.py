"""Settings: strict, all mistakes at once, one schema."""

import copy
import json

import pytest
import yaml

from antiphon.config import Settings, Stft, parse, section
from antiphon.errors import AntiphonError
from antiphon.io.settings import read_settings
from antiphon.schema import json_schema, key_table


@pytest.fixture
def values(root):
    return yaml.safe_load((root / "config" / "config.yaml").read_text(encoding="utf-8"))


def test_config__of_the_repository_is_valid(values):
    settings = parse(Settings, values)
    assert settings.stft.window_s == 0.016
    assert list(settings.models["community"].sources) == ["bird", "insect", "anthropogenic"]


@pytest.mark.parametrize(
    "names",
    [("accuracy", "accuracy_small"), ("accuracy", "accuracy_formula"), ("accuracy", "accuracy_boxes", "accuracy_boxed"),
     ("shipped",), ("demo",), ("large",)],
    ids=" ".join,
)  # fmt: skip
def test_settings__laid_over_are_valid(root, names):
    settings = read_settings([root / "config" / f"{name}.yaml" for name in ("config", *names)])
    assert all(model.weights == "train" for name, model in settings.models.items() if name != "energy")


def test_large__is_wider_at_every_scale(root):
    default, large = (
        read_settings([root / "config" / f"{name}.yaml" for name in names]).models["community"].widths
        for names in (("config",), ("config", "large"))
    )
    assert all(one < other for one, other in zip(default, large, strict=True))


def test_parse__reports_all_mistakes_at_once_in_one_line(values):
    wrong = copy.deepcopy(values)
    wrong["stft"]["hopp_s"] = 0.01
    wrong["machine"]["workers"] = 0
    wrong["season"] = "nowhere"
    wrong["seasons"]["example"]["models"] = ["unheard"]
    wrong["tabulate"]["interval_s"] = 7000
    del wrong["report"]["title"]
    with pytest.raises(AntiphonError) as caught:
        parse(Settings, wrong, "config/config.yaml")
    text = str(caught.value)
    assert "\n" not in text
    for part in (
        "stft.hopp_s: unknown key",
        "machine.workers",
        "season: 'nowhere'",
        "seasons.example.models: 'unheard'",
        "interval_s 7000 does not divide a day",
        "report.title: missing",
    ):
        assert part in text


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("stft", "shard_frames"), 1000),
        (("infer", "strip_frames"), 96),
        (("pair", "formula", "snr_high_db"), -20),
        (("machine", "device"), "tpu"),
        (("models", "community", "sources"), {}),
        (("ingest", "max_bad_fraction"), 1.5),
        (("seasons", "example", "first_day"), "2025-13-01"),
        (("train", "critic", "weight"), float("nan")),
    ],
)
def test_parse__refuses_what_makes_no_sense(values, path, value):
    inner = values
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    with pytest.raises(AntiphonError, match=path[0]):
        parse(Settings, values)


def test_section__reads_what_a_rule_hands_over(values):
    stft = section(Stft, json.dumps(values["stft"]))
    assert stft.bins == 256
    with pytest.raises(AntiphonError, match="stft: bins"):
        section(Stft, json.dumps({**values["stft"], "bins": "many"}))


def test_schema__is_kept_equal(root):
    assert (root / "config" / "schema.json").read_text(encoding="utf-8") == json_schema(), (
        "run: antiphon schema --schema config/schema.json --keys config/README.md"
    )
    assert key_table() in (root / "config" / "README.md").read_text(encoding="utf-8")


def test_key_table__explains_every_key():
    assert "| None |" not in key_table()
    assert "`train.critic.weight`" in key_table()

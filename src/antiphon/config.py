"""The settings: one strict typed model of ``config/config.yaml``.

A value stands once, in YAML, with its unit; the classes here only say what is allowed, so they have no defaults (an
optional key is written ``null``). Unknown keys are fatal and all mistakes are reported at once. The JSON schema in
``config/schema.json`` and the key table in ``config/README.md`` are made from these classes (:mod:`antiphon.schema`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from antiphon.errors import AntiphonError

__all__ = [
    "Boxes",
    "Critic",
    "Evaluate",
    "Formula",
    "Infer",
    "Ingest",
    "Machine",
    "MaskPictures",
    "MaskRule",
    "Mixtures",
    "Model",
    "Pair",
    "PictureAxes",
    "Report",
    "Season",
    "Settings",
    "Source",
    "Split",
    "Stft",
    "Tabulate",
    "Train",
    "parse",
    "section",
]

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$")]
Share = Annotated[float, Field(ge=0, le=1)]
PositiveSeconds = Annotated[float, Field(gt=0)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


Section = TypeVar("Section", bound=BaseModel)


class Season(_Section):
    """One monitoring season: which recorders, where their sound is, which models are applied."""

    deployments: str = Field(description="CSV table of deployments (config/README.md lists its columns)")
    audio_root: str = Field(description="folder that the deployments' `folder` column is relative to")
    first_day: date | None = Field(description="first local day that is analysed; null: from the first recording")
    last_day: date | None = Field(description="last local day that is analysed; null: to the last recording")
    models: list[Name] = Field(min_length=1, description="names of the entries of `models:` that separate this season")

    @model_validator(mode="after")
    def _days_in_order(self) -> Self:
        if self.first_day and self.last_day and self.last_day < self.first_day:
            raise ValueError(f"last_day {self.last_day} is before first_day {self.first_day}")
        return self


class Ingest(_Section):
    """How recordings are found and named."""

    watch_depth: int = Field(
        ge=0, le=6, description="folder levels below a deployment's folder whose changes are noticed"
    )
    batch_hours: int = Field(ge=24, description="hours of the calendar that a job covers, in whole days; 744 = 31 days")
    max_bad_fraction: Share = Field(description="share of bad recordings above which the run stops, 0-1")
    filename_patterns: list[str] = Field(
        description="own name patterns, tried first: regular expressions with named groups year, month, day, hour, "
        "minute, second and optionally offset"
    )
    time_tolerance_s: PositiveSeconds = Field(
        description="difference of two time sources of one file above which it is reported, seconds"
    )


class Stft(_Section):
    """The physical grid that all recorders share."""

    window_s: PositiveSeconds = Field(description="length of the Hann window, seconds")
    hop_s: PositiveSeconds = Field(description="step from frame to frame, seconds")
    bins: int = Field(ge=8, le=4096, description="frequency bins kept, from 0 Hz up, each 1/window_s Hz wide")
    chunk_frames: int = Field(ge=256, description="frames in a chunk of a store: what a reader decompresses at least")
    shard_frames: int = Field(ge=256, description="frames in a shard of a store, one file; a multiple of chunk_frames")
    clipping_level: Share = Field(description="sample magnitude from which a sample counts as clipped, 1 = full scale")
    keep_before_fault: bool = Field(
        description="whether what was decoded before a file failed is analysed; false: such a file is quarantined whole"
    )

    @model_validator(mode="after")
    def _fit_together(self) -> Self:
        if self.shard_frames % self.chunk_frames:
            raise ValueError(f"shard_frames {self.shard_frames} is not a multiple of chunk_frames {self.chunk_frames}")
        if not self.hop_s <= self.window_s:
            raise ValueError(f"hop_s {self.hop_s} is longer than window_s {self.window_s}")
        if any(abs(seconds * 1e6 - round(seconds * 1e6)) > 1e-6 for seconds in (self.window_s, self.hop_s)):
            raise ValueError(
                f"window_s {self.window_s} and hop_s {self.hop_s} must be whole microseconds, or time drifts"
            )
        return self


class Source(_Section):
    """One sound source that a model separates."""

    labels: list[Name] = Field(min_length=1, description="labels of the examples that this source unites")
    scientific_name: str | None = Field(description="taxon, e.g. Aves; null for a sound that is no taxon")
    common_name: str = Field(description="name shown to people")


class Model(_Section):
    """A model: a network, where its weights come from, and what it separates."""

    network: Literal["resunet", "pix2pix", "atrous_segnet", "deeplabv3", "energy"] = Field(
        description="resunet: the separator (residual U-Net); pix2pix, atrous_segnet, deeplabv3: networks of others to "
        "compare with; energy: threshold above the background, the simplest of all"
    )
    weights: str = Field(
        description="train: learn from the examples of `pair`; otherwise the folder of a finished model "
        "(card.json and generator.safetensors), which is never retrained"
    )
    widths: list[Annotated[int, Field(ge=4, le=1024)]] = Field(
        min_length=2,
        max_length=7,
        description="channels of the generator at each scale, finest first; resunet alone has a choice",
    )
    sources: dict[Name, Source] = Field(min_length=1, description="what the model separates, in order")


class Split(_Section):
    """How recordings and sites are dealt out to training, validation and the two tests."""

    folds: int = Field(ge=3, description="parts that groups (recordists, sites) are dealt into, class by class")
    fold: int = Field(ge=0, description="part that is the transfer test, from 0; the next one is validation")
    in_domain_share: Share = Field(
        description="share of the other parts' recordings that the in-domain test takes, of what training still has"
    )
    seed: int = Field(ge=0, description="seed of the dealing")

    @model_validator(mode="after")
    def _fold_is_there(self) -> Self:
        if self.fold >= self.folds:
            raise ValueError(f"fold {self.fold} is none of 0 to {self.folds - 1}")
        return self


class _Ratios(_Section):
    snr_low_db: float = Field(description="lowest signal-to-noise ratio of an event in its own band, dB")
    snr_high_db: float = Field(description="highest signal-to-noise ratio of an event in its own band, dB")

    @model_validator(mode="after")
    def _snr_in_order(self) -> Self:
        if self.snr_high_db < self.snr_low_db:
            raise ValueError(f"snr_high_db {self.snr_high_db} is below snr_low_db {self.snr_low_db}")
        return self


class Formula(_Ratios):
    """Scenes made by formula: how many, how hard."""

    train: int = Field(ge=1, description="scenes to learn from")
    validation: int = Field(ge=0, description="scenes that choose checkpoint and thresholds")
    test: int = Field(ge=0, description="scenes that are only judged (in-domain: the same formulas make them)")
    rates_hz: list[Annotated[int, Field(ge=8000)]] = Field(
        min_length=1, description="sample rates of the recorders that scenes imitate, Hz, drawn at random"
    )
    seed: int = Field(ge=0, description="seed of the scenes")


class Mixtures(_Ratios):
    """Recorded clips mixed over recorded backgrounds: how many, of what, how hard."""

    audio_root: str = Field(description="folder that the lists' paths are relative to; may hold ${VARIABLES}")
    clips: str = Field(description="CSV list of clips of one source each (docs/annotating.md has its columns)")
    backgrounds: str = Field(description="CSV list of backgrounds, with those that are set aside and why")
    licences: list[str] | None = Field(description="licences of which sounds may be used; null: any")
    train: int = Field(ge=0, description="mixtures to learn from")
    validation: int = Field(ge=0, description="mixtures that choose checkpoint and thresholds, of groups of their own")
    test_in_domain: int = Field(ge=0, description="mixtures of other recordings of groups that training saw")
    test_transfer: int = Field(ge=0, description="mixtures of groups that training never saw")
    in_domain_snr_low_db: float = Field(description="snr_low_db of test_in_domain, dB")
    most_sources: int = Field(ge=1, le=8, description="most classes that sound in one mixture")
    most_clips: int = Field(ge=1, le=16, description="most clips of one class in one mixture")
    empty_share: Share = Field(description="share of mixtures in which no class sounds")
    nuisances: list[str] = Field(description="labels of clips that are heard and belong to nobody (rain, a dog …)")
    nuisance_share: Share = Field(description="share of mixtures with a nuisance")
    gated: list[str] = Field(description="labels whose clips lose their own background before they are mixed")
    gate_above_floor_db: float = Field(ge=0, description="gate: least power above the clip's own noise floor, dB")
    gate_below_peak_db: float = Field(gt=0, description="gate: greatest distance below the clip's peak, dB")
    distant_share: Share = Field(description="share of clips heard from far: low-passed, with echoes")
    gain_db: float = Field(ge=0, description="most by which a mixture is turned up or down, dB")
    formula_share: dict[str, Share] = Field(
        description="share of training clips of a label (`bird`, `insect`, `anthropogenic`), and of backgrounds "
        "(`background`), that are made by formula"
    )
    seed: int = Field(ge=0, description="seed of the mixtures")


class PictureAxes(_Section):
    """The axes of the spectrogram pictures that boxes were drawn on in an image tool."""

    duration_s: PositiveSeconds = Field(description="seconds from the left edge to the right")
    freq_low_hz: float = Field(ge=0, description="frequency at the lower edge, Hz")
    freq_high_hz: float = Field(gt=0, description="frequency at the upper edge, Hz")


class Boxes(_Section):
    """Recordings in which people drew boxes."""

    audio_root: str = Field(description="folder that the list's paths are relative to; may hold ${VARIABLES}")
    recordings: str = Field(description="CSV list of recordings (docs/annotating.md has its columns)")
    label_column: str | None = Field(description="column of the labels in Raven tables; null: the likeliest")
    columns: dict[str, str] | None = Field(
        description="columns of plain CSV tables by meaning; null: their usual names"
    )
    picture: PictureAxes | None = Field(description="axes of pictures annotated in Label Studio or CVAT; null: none")
    above_background_db: float = Field(ge=0, description="least level of a box's cell above the local background, dB")
    below_peak_db: float = Field(gt=0, description="greatest distance of a box's cell below the box's peak, dB")
    margin_s: float = Field(
        ge=0, description="beside a box, and this long before and behind it, what stands out is not known, seconds"
    )


class MaskPictures(_Section):
    """Pictures of spectrograms with masks drawn by hand: folders train, val and test with images and masks."""

    folder: str = Field(description="folder of the data set; may hold ${VARIABLES}")
    label: str = Field(description="class that the masks show, or a name that the label map knows")
    column_s: PositiveSeconds = Field(description="seconds from column to column of a picture")
    row_hz: float = Field(gt=0, description="hertz from row to row of a picture")
    mirrored: bool = Field(description="true: 0 Hz is the middle row and the lower half mirrors the upper one")
    white_db: float = Field(description="level of a white pixel, dB re full scale")
    range_db: float | None = Field(
        description="decibels from white to black where brightness is a level; null: brightness is amplitude"
    )


class MaskRule(_Section):
    """Which cells belong to a source whose sound is known apart from the rest."""

    above_background_db: float = Field(ge=0, description="least level above the background of the bin, dB")
    below_peak_db: float = Field(gt=0, description="greatest distance below the source's own peak, dB")
    other_margin_db: float = Field(ge=0, description="how far below another source a cell may lie and still count, dB")
    least_cells: int = Field(ge=0, description="connected cells below which a patch is dropped")


class Pair(_Section):
    """Where the examples to learn from come from: any mix of four origins."""

    duration_s: PositiveSeconds = Field(description="length of every example, seconds")
    label_map: str | None = Field(description="CSV with columns label and class; null: labels are classes")
    split: Split = Field(description="which recording goes where")
    formula: Formula | None = Field(description="scenes by formula with exact truth; null: none")
    mixtures: Mixtures | None = Field(description="clips over backgrounds with exact truth; null: none")
    boxes: Boxes | None = Field(description="recordings with boxes; null: none")
    mask_pictures: MaskPictures | None = Field(description="pictures with masks; null: none")
    mask_rule: MaskRule = Field(description="which cells are labelled")

    @model_validator(mode="after")
    def _something_to_learn_from(self) -> Self:
        if not (self.formula or self.mixtures or self.boxes or self.mask_pictures):
            raise ValueError("no examples: give formula, mixtures, boxes or mask_pictures")
        return self

    def examples_made(self) -> int:
        """Return how many examples are made by formula and by mixing; those of boxes and pictures are only found."""
        formula, mixtures = self.formula, self.mixtures
        scenes = formula.train + formula.validation + formula.test if formula else 0
        if not mixtures:
            return scenes
        return scenes + mixtures.train + mixtures.validation + mixtures.test_in_domain + mixtures.test_transfer


class Critic(_Section):
    """The adversary of the generator."""

    game: Literal["patch_hinge", "pix2pix"] = Field(
        description="critic and losses; patch_hinge: spectral normalisation, hinge; pix2pix: as that was published"
    )
    weight: float = Field(ge=0, description="weight of the adversarial loss when fully ramped in; 0: no critic")
    start: Share = Field(description="share of the steps before the critic begins to play")
    ramp: Share = Field(description="share of the steps over which its weight rises")
    width: int = Field(ge=4, le=512, description="channels of the critic's first layer")
    learning_rate: float = Field(gt=0, description="step size of the critic's optimizer (Adam)")


class Train(_Section):
    """How a generator learns."""

    recipe: Literal["settings", "published"] = Field(
        description="settings: all as below; published: networks of others (pix2pix, atrous_segnet, deeplabv3) take "
        "losses, optimizer and batch from their publication"
    )
    steps: int = Field(ge=1, description="updates of the generator")
    batch_size: int = Field(ge=1, description="tiles in one update")
    tile_frames: int = Field(ge=32, multiple_of=32, description="frames of a tile")
    learning_rate: float = Field(gt=0, description="peak step size of the generator's optimizer (AdamW)")
    weight_decay: float = Field(ge=0, description="weight decay of AdamW")
    momentum: float = Field(ge=0, lt=1, description="decay of AdamW's running mean of gradients")
    schedule: Literal["one_cycle", "constant", "constant_then_down"] = Field(
        description="how the step size goes; constant_then_down: in a line to 0 from the middle on"
    )
    cross_entropy_weight: float = Field(ge=0, description="weight of the cross entropy")
    positive_weight: float = Field(gt=0, description="weight of a source's cells in the cross entropy; others weigh 1")
    dice_weight: float = Field(ge=0, description="weight of the batch Dice loss")
    image_weight: float = Field(
        ge=0, description="weight of the mean distance of separated and true spectrograms, drawn from -1 to 1"
    )
    average_decay: float = Field(ge=0, lt=1, description="decay of the running average of the weights that is kept")
    validate_every: int = Field(ge=1, description="steps between two looks at the validation examples")
    patience: int = Field(ge=0, description="looks in a row without a better one after which training ends; 0: never")
    keep: Literal["f1", "iou"] = Field(description="mean score of the sources by which the best weights are kept")
    critic: Critic = Field(description="the adversary")
    seed: int = Field(ge=0, description="seed of weights, tiles and order")

    @model_validator(mode="after")
    def _something_to_learn(self) -> Self:
        if not (self.cross_entropy_weight or self.dice_weight or self.image_weight):
            raise ValueError("cross_entropy_weight, dice_weight and image_weight are all 0: there is nothing to learn")
        return self


class Evaluate(_Section):
    """How a model is judged on examples it never saw."""

    bootstrap: int = Field(ge=100, description="resamples of the test examples for the 95 % intervals")
    methods: list[Literal["median_clipping", "wiener", "hpss", "nmf"]] = Field(
        description="conventional methods that stand beside the model; nmf needs `pip install 'antiphon[compare]'`"
    )
    pictures: int = Field(ge=1, description="examples shown as pictures")
    seed: int = Field(ge=0, description="seed of the resamples")


class Infer(_Section):
    """How a generator is applied to a season."""

    strip_frames: int = Field(ge=64, multiple_of=32, description="frames that the generator sees at once")
    margin_frames: int = Field(
        ge=0, multiple_of=16, description="frames at each end of a strip that are seen but not kept"
    )
    keep: Literal["all", "active", "none"] = Field(
        description="all: every probability; active: probabilities below keep_above are stored as 0; none: no "
        "probability, only in which cells a source is active by the thresholds of the model's card"
    )
    keep_above: Share = Field(description="least probability that is stored when keep is active")

    @model_validator(mode="after")
    def _strip_keeps_something(self) -> Self:
        if self.strip_frames <= 2 * self.margin_frames:
            raise ValueError(f"strip_frames {self.strip_frames} leaves nothing between margins of {self.margin_frames}")
        return self


class Tabulate(_Section):
    """How separated sources become numbers."""

    interval_s: int = Field(ge=1, le=86400, description="length of an interval, seconds; must divide a day")
    band_low_hz: float = Field(ge=0, description="lower edge of the band of tf_occupancy, Hz, one for the season")
    band_high_hz: float = Field(gt=0, description="upper edge of the band of tf_occupancy, Hz, one for the season")
    frequency_step_hz: float = Field(gt=0, description="width of a band of the frequency table, Hz")
    thresholds: dict[Name, Share] | None = Field(
        description="probability from which a cell is active, by source; null: those of the model's card"
    )
    least_cells: int = Field(ge=1, description="connected cells from which a patch counts as an event")

    @model_validator(mode="after")
    def _intervals_divide_the_day(self) -> Self:
        if 86400 % self.interval_s:
            raise ValueError(f"interval_s {self.interval_s} does not divide a day of 86400 s")
        if self.band_high_hz <= self.band_low_hz:
            raise ValueError(f"band_high_hz {self.band_high_hz} is not above band_low_hz {self.band_low_hz}")
        return self


class Report(_Section):
    """What the season's page says."""

    title: str = Field(min_length=1, description="title of the page")


class Machine(_Section):
    """What this machine offers; changing it re-runs nothing."""

    device: Literal["auto", "cpu", "cuda"] = Field(
        description="auto: a GPU if there is one; cuda: stop where there is none"
    )
    precision: Literal["auto", "float32", "bfloat16", "int8"] = Field(
        description="arithmetic of the generator; int8: infer on a processor; auto: infer takes int8 where the "
        "processor is fast at it and the model's scores stand it, else bfloat16 where it is native, else float32"
    )
    stft_device: Literal["cpu", "cuda"] = Field(
        description="where stft transforms; a GPU gains little, because decoding and compressing stay on the processor"
    )
    workers: int = Field(ge=1, description="processes or threads of a stage that can use several")
    infer_batch: int = Field(ge=0, description="strips that a GPU sees at a time; 0: as many as its memory holds")


class Settings(_Section):
    """Everything that ``config/config.yaml`` says."""

    results: str = Field(min_length=1, description="folder that everything is written to")
    season: Name = Field(description="the entry of `seasons:` that this run works on")
    seasons: dict[Name, Season] = Field(min_length=1, description="all seasons by name")
    models: dict[Name, Model] = Field(min_length=1, description="all models by name")
    ingest: Ingest = Field(description="stage ingest")
    stft: Stft = Field(description="stage stft")
    pair: Pair = Field(description="stage pair")
    train: Train = Field(description="stage train")
    evaluate: Evaluate = Field(description="stage evaluate")
    infer: Infer = Field(description="stage infer")
    tabulate: Tabulate = Field(description="stage tabulate")
    report: Report = Field(description="stage report")
    machine: Machine = Field(description="this machine")


def _unmet_names(values: Mapping[str, Any]) -> Iterator[str]:
    """Yield the names that settings use and do not define."""
    seasons, models = values.get("seasons"), values.get("models")
    if not isinstance(seasons, Mapping) or not isinstance(models, Mapping):
        return
    if (season := values.get("season")) not in seasons:
        yield f"season: {season!r} is not among seasons: {', '.join(seasons)}"
    for name, entry in seasons.items():
        used = entry.get("models") if isinstance(entry, Mapping) else None
        for model in used if isinstance(used, list) else []:
            if model not in models:
                yield f"seasons.{name}.models: {model!r} is not among models: {', '.join(models)}"


def _line(error: Mapping[str, Any]) -> str:
    """Return one mistake as ``key: what is wrong``."""
    key = ".".join(str(part) for part in error["loc"])
    if error["type"] == "extra_forbidden":
        return f"{key}: unknown key (misspelt?)"
    if error["type"] == "missing":
        return f"{key}: missing"
    text = str(error["msg"]).removeprefix("Value error, ")
    given = error["input"]
    shown = f" (got {given!r})" if isinstance(given, str | int | float | bool | None) else ""
    return f"{key}: {text}{shown}" if key else text


def parse(model: type[Section], values: Mapping[str, Any], origin: str = "settings") -> Section:
    """Check ``values`` against ``model``.

    Parameters
    ----------
    model
        A class of this module.
    values
        What YAML or JSON gave.
    origin
        Where the values come from, named in the error.

    Raises
    ------
    AntiphonError
        If anything is wrong: one line that names all mistakes at once.
    """
    mistakes = list(_unmet_names(values)) if model is Settings else []
    try:
        checked = model.model_validate(dict(values))
    except ValidationError as error:
        mistakes += [_line(dict(one)) for one in error.errors()]
    if mistakes:
        raise AntiphonError(f"{origin}: {'; '.join(mistakes)}; config/README.md explains every key")
    return checked


def section(model: type[Section], text: str) -> Section:
    """Check one section that a rule handed over as JSON ``text``; errors as :func:`parse`."""
    return parse(model, json.loads(text), origin=f"--settings for {model.__name__.lower()}")

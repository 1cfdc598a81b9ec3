"""Section ``pair``."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from antiphon.config.section import PositiveSeconds, Section, Share

__all__ = ["Boxes", "Formula", "Generated", "MaskPictures", "MaskRule", "Mixtures", "Pair", "PictureAxes", "Split"]


class Split(Section):
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


class _Ratios(Section):
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
    licences: list[str] | None = Field(
        description="licences of the sounds that may be learned from and tuned on, and used in tests that they are "
        "dealt to; sounds that the lists themselves put into a test are used there whatever their licence; null: any"
    )
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
    mp3_share: Share = Field(
        description="share of recorded training backgrounds that are first made an MP3: a coder leaves holes in steady "
        "noise, over which the rest of it stands out like a motor"
    )
    gain_db: float = Field(ge=0, description="most by which a mixture is turned up or down, dB")
    formula_share: dict[str, Share] = Field(
        description="share of training clips of a label (`bird`, `insect`, `anthropogenic`), and of backgrounds "
        "(`background`), that are made by formula"
    )
    seed: int = Field(ge=0, description="seed of the mixtures")


class Generated(Section):
    """Voices of stage synthesize that sing in training mixtures beside recorded clips."""

    voices: str = Field(description="folder of the voices, such as results/synthesize/voices; may hold ${VARIABLES}")
    share: dict[str, Share] = Field(
        description="share of the recorded training clips of a class in whose place a generated one sings"
    )


class PictureAxes(Section):
    """The axes of the spectrogram pictures that boxes were drawn on in an image tool."""

    duration_s: PositiveSeconds = Field(description="seconds from the left edge to the right")
    freq_low_hz: float = Field(ge=0, description="frequency at the lower edge, Hz")
    freq_high_hz: float = Field(gt=0, description="frequency at the upper edge, Hz")


class Boxes(Section):
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


class MaskPictures(Section):
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


class MaskRule(Section):
    """Which cells belong to a source whose sound is known apart from the rest."""

    above_background_db: float = Field(ge=0, description="least level above the background of the bin, dB")
    below_peak_db: float = Field(gt=0, description="greatest distance below the source's own peak, dB")
    other_margin_db: float = Field(ge=0, description="how far below another source a cell may lie and still count, dB")
    least_cells: int = Field(ge=0, description="connected cells below which a patch is dropped")


class Pair(Section):
    """Where the examples to learn from come from: any mix of four origins."""

    duration_s: PositiveSeconds = Field(description="length of every example, seconds")
    label_map: str | None = Field(description="CSV with columns label and class; null: labels are classes")
    split: Split = Field(description="which recording goes where")
    formula: Formula | None = Field(description="scenes by formula with exact truth; null: none")
    mixtures: Mixtures | None = Field(description="clips over backgrounds with exact truth; null: none")
    generated: Generated | None = Field(description="generated voices in training mixtures; null: none")
    boxes: Boxes | None = Field(description="recordings with boxes; null: none")
    mask_pictures: MaskPictures | None = Field(description="pictures with masks; null: none")
    mask_rule: MaskRule = Field(description="which cells are labelled")

    @model_validator(mode="after")
    def _something_to_learn_from(self) -> Self:
        if not (self.formula or self.mixtures or self.boxes or self.mask_pictures):
            raise ValueError("no examples: give formula, mixtures, boxes or mask_pictures")
        if self.generated and not self.mixtures:
            raise ValueError("generated voices sing in mixtures: give mixtures, or set generated to null")
        return self

    def examples_made(self) -> int:
        """Return how many examples are made by formula and by mixing; those of boxes and pictures are only found."""
        formula, mixtures = self.formula, self.mixtures
        scenes = formula.train + formula.validation + formula.test if formula else 0
        if not mixtures:
            return scenes
        return scenes + mixtures.train + mixtures.validation + mixtures.test_in_domain + mixtures.test_transfer

"""Section ``evaluate``."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from antiphon.config.section import PositiveSeconds, Section

__all__ = ["Classify", "Evaluate"]


class Classify(Section):
    """Clips of one class each, such as rain, chainsaw, bird, that classifiers have to tell apart."""

    audio_root: str = Field(description="folder of clips with a folder for each class; may hold ${VARIABLES}")
    clips: str | None = Field(
        description="CSV list of clips below audio_root, as of pair.mixtures.clips; null: each folder is a class"
    )
    classes: list[str] | None = Field(min_length=2, description="classes (folders, labels) to tell apart; null: all")
    duration_s: PositiveSeconds = Field(le=60, description="length of the pieces that clips are cut into, seconds")
    sample_rate_hz: int = Field(ge=4000, le=96_000, description="sample rate, Hz; clips of others are resampled")
    trim_below_peak_db: float = Field(
        gt=0, description="silence at a clip's ends lies this far below its loudest 10 ms, dB"
    )
    classifiers: list[Literal["mfcc", "resnet50", "vgg16"]] = Field(
        min_length=1,
        description="mfcc: cepstral coefficients and a random forest; resnet50, vgg16: networks, which want a GPU",
    )
    steps: int = Field(ge=1, description="updates of a network in each fold")
    folds: int = Field(ge=2, description="folds of the cross-validation; a group is never in two")


class Evaluate(Section):
    """How a model is judged on examples it never saw."""

    bootstrap: int = Field(ge=100, description="resamples of the test examples for the 95 % intervals")
    methods: list[Literal["median_clipping", "wiener", "hpss", "nmf"]] = Field(
        description="conventional methods that stand beside the model; nmf needs `pip install 'antiphon[compare]'`"
    )
    pictures: int = Field(ge=1, description="examples shown as pictures")
    classify: Classify | None = Field(description="classes of clips told apart by classifiers; null: none")
    seed: int = Field(ge=0, description="seed of the resamples")

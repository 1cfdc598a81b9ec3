"""Section ``evaluate``."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from antiphon.config.clips import Clips
from antiphon.config.section import Section

__all__ = ["Classify", "Evaluate"]


class Classify(Clips):
    """Clips of one class each, such as rain, chainsaw, bird, that classifiers have to tell apart."""

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

"""Section ``evaluate``."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from antiphon.config.section import Section

__all__ = ["Evaluate"]


class Evaluate(Section):
    """How a model is judged on examples it never saw."""

    bootstrap: int = Field(ge=100, description="resamples of the test examples for the 95 % intervals")
    methods: list[Literal["median_clipping", "wiener", "hpss", "nmf"]] = Field(
        description="conventional methods that stand beside the model; nmf needs `pip install 'antiphon[compare]'`"
    )
    pictures: int = Field(ge=1, description="examples shown as pictures")
    seed: int = Field(ge=0, description="seed of the resamples")

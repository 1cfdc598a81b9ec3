"""Section ``models``."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from antiphon.config.section import Name, Section

__all__ = ["Model", "Source"]


class Source(Section):
    """One sound source that a model separates."""

    labels: list[Name] = Field(min_length=1, description="labels of the examples that this source unites")
    scientific_name: str | None = Field(description="taxon, e.g. Aves; null for a sound that is no taxon")
    common_name: str = Field(description="name shown to people")


class Model(Section):
    """A model: a network, where its weights come from, and what it separates."""

    network: Literal["resunet", "pix2pix", "atrous_segnet", "deeplabv3", "energy"] = Field(
        description="resunet: the separator (residual U-Net); pix2pix, atrous_segnet, deeplabv3: networks of others to "
        "compare with; energy: threshold above the background, the simplest of all"
    )
    weights: str = Field(
        description="shipped: the model that comes with antiphon; train: learn from the examples of `pair`; otherwise "
        "the folder of a finished model (card.json and generator.safetensors); only train ever trains"
    )
    widths: list[Annotated[int, Field(ge=4, le=1024)]] = Field(
        min_length=2,
        max_length=7,
        description="channels of the generator at each scale, finest first; resunet alone has a choice",
    )
    sources: dict[Name, Source] = Field(min_length=1, description="what the model separates, in order")

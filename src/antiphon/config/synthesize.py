"""Section ``synthesize``."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from antiphon.config.clips import Clips
from antiphon.config.section import Name

__all__ = ["Synthesize"]


class Synthesize(Clips):
    """How new vocalisations are learned from clips, and how many are made."""

    name: Name = Field(description="name of the voices: their folder is `results/synthesize/<name>`")
    network: Literal["dense", "dense_dropout", "dcgan", "wavegan", "specgan"] = Field(
        description="both players; dense, dense_dropout: fully connected; dcgan, wavegan: convolutions over samples; "
        "specgan: convolutions over a spectrogram whose phase is found afterwards"
    )
    conditional: bool = Field(description="whether both players are told the class, so that it can be asked for")
    game: Literal["vanilla", "wasserstein", "hinge"] | None = Field(
        description="losses; vanilla: cross entropy; wasserstein: with gradient penalty; null: as published"
    )
    noise: Annotated[int, Field(ge=1)] | None = Field(
        description="random numbers that a sound is made from; null: as published"
    )
    width: int = Field(ge=4, le=256, description="channels of the finest layer of dcgan, wavegan and specgan")
    epochs: int = Field(ge=1, description="how often every chunk is seen")
    batch_size: Annotated[int, Field(ge=2)] | None = Field(description="chunks in one update; null: as published")
    learning_rate: Annotated[float, Field(gt=0)] | None = Field(
        description="step size of the generator's optimizer (Adam); null: as published"
    )
    critic_learning_rate: Annotated[float, Field(gt=0)] | None = Field(
        description="step size of the critic's optimizer (Adam); null: as published"
    )
    average_decay: float = Field(ge=0, lt=1, description="decay of the running average of the weights that is kept")
    sample_epochs: list[Annotated[int, Field(ge=1)]] = Field(
        min_length=1,
        description="epochs after which samples are made, always from the same noise; the last one is always sampled",
    )
    samples: int = Field(ge=1, le=64, description="sounds of such a sample")
    generate: int = Field(ge=1, description="sounds of each class that are made in the end, and measured")
    folds: int = Field(ge=2, description="parts that groups (recordists, files) are dealt into, class by class")
    fold: int = Field(ge=0, description="part that is not learned from, from 0: what is made is held against it")
    start_from: str | None = Field(description="folder of voices whose weights training begins with; null: none")
    seed: int = Field(ge=0, description="seed of weights, noise and order")

    @model_validator(mode="after")
    def _fold_is_there(self) -> Self:
        if self.fold >= self.folds:
            raise ValueError(f"fold {self.fold} is none of 0 to {self.folds - 1}")
        return self

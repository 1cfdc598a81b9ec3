"""Section ``train``."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from antiphon.config.section import Section, Share

__all__ = ["Critic", "Train"]


class Critic(Section):
    """The adversary of the generator."""

    game: Literal["patch_hinge", "pix2pix", "relativistic", "multi_scale"] = Field(
        description="critic and losses; patch_hinge: spectral normalisation, hinge; pix2pix: as that was published; "
        "relativistic: relativistic pairing, as R3GAN; multi_scale: two scales and feature matching, as pix2pixHD"
    )
    weight: float = Field(ge=0, description="weight of the adversarial loss when fully ramped in; 0: no critic")
    start: Share = Field(description="share of the steps before the critic begins to play")
    ramp: Share = Field(description="share of the steps over which its weight rises")
    width: int = Field(ge=4, le=512, description="channels of the critic's first layer")
    learning_rate: float = Field(gt=0, description="step size of the critic's optimizer (Adam)")
    penalty_weight: float = Field(
        ge=0, description="weight of the penalty on the critic's gradients at truth and translations (R1, R2); 0: none"
    )
    penalty_every: int = Field(ge=1, description="steps from one penalty to the next; it weighs as much more")
    augment: bool = Field(description="whether what the critic sees is rolled, turned up or down and partly hidden")


class Train(Section):
    """How a generator learns."""

    recipe: Literal["settings", "published"] = Field(
        description="settings: all as below; published: networks of others (pix2pix, atrous_segnet, deeplabv3) take "
        "losses, optimizer and batch from their publication"
    )
    start_from: str | None = Field(
        description="shipped, or the folder of a finished model of the same network, widths and grid: begin with its "
        "weights, as far as they fit (other sources get a fresh last layer); null: begin afresh"
    )
    freeze: Literal["nothing", "encoder"] = Field(
        description="encoder: the half of a resunet that sees stays as start_from has it, and only the half that draws "
        "learns, which a few annotated examples can stand; nothing: all learns"
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
    kernels: Literal["float32", "float16"] = Field(
        description="how the weights of convolutions are stored; float16 halves the file, and what is calibrated and "
        "scored is what is stored"
    )
    seed: int = Field(ge=0, description="seed of weights, tiles and order")

    @model_validator(mode="after")
    def _something_to_learn(self) -> Self:
        if not (self.cross_entropy_weight or self.dice_weight or self.image_weight):
            raise ValueError("cross_entropy_weight, dice_weight and image_weight are all 0: there is nothing to learn")
        if self.freeze != "nothing" and self.start_from is None:
            raise ValueError("freeze: encoder needs start_from, or what is frozen has learned nothing")
        return self

"""Recipes of others: the losses and the optimizer that a network was published with."""

from __future__ import annotations

from dataclasses import replace

from antiphon.learning.recipe import Adversary, Recipe

__all__ = ["published"]

_NO_CRITIC = Adversary(game="patch_hinge", weight=0.0, start=0.0, ramp=0.0, width=4, learning_rate=1e-4)


def published(network: str, recipe: Recipe) -> Recipe:
    """Return ``recipe`` with the losses, the optimizer and the batch that ``network`` was published with.

    What is no part of a publication (steps, length of tiles, seed, looks at validation) stays. A network of our own
    keeps the whole recipe.

    - ``pix2pix`` (Isola et al. 2017, section 3.3, and the authors' code): L1 of pictures of -1 to 1 times 100 beside
      the plain GAN loss of the 70x70 PatchGAN; Adam of 2e-4 with a momentum of 0.5 for both, constant for the first
      half and down in a line to 0 in the second; one picture a step.
    - ``atrous_segnet`` (Chemboli 2024): binary cross entropy of logits, Adam of 1e-4, batches of 16; the weights with
      the best IoU on validation are kept (by copy: the notebook keeps a reference and so its last).
    - ``deeplabv3`` (as DVAD trained it: Zhang & Li 2023): Dice loss, Adam of 1e-4, batches of 16.
    """
    plain = replace(
        recipe,
        weight_decay=0.0,
        positive_weight=1.0,
        average_decay=0.0,
        schedule="constant",
        learning_rate=1e-4,
        batch_size=16,
        critic=_NO_CRITIC,
        keep="iou",
    )
    match network:
        case "pix2pix":
            critic = Adversary(game="pix2pix", weight=1.0, start=0.0, ramp=0.0, width=64, learning_rate=2e-4)
            return replace(
                plain,
                cross_entropy_weight=0.0,
                dice_weight=0.0,
                image_weight=100.0,
                learning_rate=2e-4,
                momentum=0.5,
                schedule="constant_then_down",
                batch_size=1,
                critic=critic,
                keep="f1",
            )
        case "atrous_segnet":
            return replace(plain, cross_entropy_weight=1.0, dice_weight=0.0, image_weight=0.0)
        case "deeplabv3":
            return replace(plain, cross_entropy_weight=0.0, dice_weight=1.0, image_weight=0.0)
    return recipe

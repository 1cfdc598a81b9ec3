"""The picture of a training."""

import numpy as np

from antiphon.figures.model.training import curves, seen
from antiphon.figures.pictures import png_bytes

ROW = {"cross_entropy": 0.3, "dice": 0.5, "critic": 1.9, "adversarial": 0.1, "f1_bird": 0.6, "f1_macro": 0.6}


def drawn(figure):
    return {line.get_label() for axis in figure.axes for line in axis.lines if not line.get_label().startswith("_")}


def test_curves__draw_what_the_history_holds():
    rows = [{"step": 10 * i, **ROW} for i in range(1, 4)]
    figure = curves(rows, ["bird"], best_step=20)
    assert drawn(figure) == {"cross entropy", "dice", "critic", "adversarial", "bird", "mean of sources"}
    assert png_bytes(figure) == png_bytes(curves(rows, ["bird"], best_step=20))


def test_curves__leave_out_a_critic_that_did_not_play():
    rows = [{"step": 10, **ROW, "critic": np.nan, "adversarial": np.nan}]
    assert "critic" not in drawn(curves(rows, ["bird"], best_step=10))
    assert drawn(curves([{"step": 0, "f1_bird": 0.2, "f1_macro": 0.2}], ["bird"], 0)) == {"bird", "mean of sources"}


def test_seen__says_after_how_many_steps():
    levels = np.full((2, 40, 16), 90, np.uint8)
    masks = np.zeros((2, 1, 40, 16), bool)
    masks[:, :, 5:9, 3:6] = True
    figure = seen(1200, levels, masks, masks, ["bird"], (0.008, 62.5))
    assert (
        figure.axes[0].get_title(loc="left") + figure.axes[0].get_title() == "step 1,200: found (areas), true (lines)"
    )
    assert png_bytes(figure) == png_bytes(seen(1200, levels, masks, masks, ["bird"], (0.008, 62.5)))

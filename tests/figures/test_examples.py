"""The sheet of examples: one panel each, nothing written."""

import numpy as np

from antiphon.figures.model.examples import example_sheet
from antiphon.figures.pictures import png_bytes


def sheet(compared):
    rng = np.random.default_rng(0)
    levels = rng.integers(40, 90, (3, 60, 32), dtype=np.uint8)
    levels[:, :, 28:] = 0
    masks = np.zeros((3, 2, 60, 32), dtype=bool)
    masks[0, 0, 10:20, 5:9] = True
    found = np.roll(masks, 2, axis=2) if compared else None
    return example_sheet(levels, masks, ("bird", "insect"), titles=["a", "b", "c"], compared=found)


def test_example_sheet__draws_each_example_and_names_each_source():
    figure = sheet(compared=False)
    drawn = [axis for axis in figure.axes if axis.axison]
    assert [axis.get_title(loc="left") for axis in drawn] == ["a", "b", "c"]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["bird", "insect"]
    assert drawn[0].get_xlim() == (0.0, 0.48)
    assert drawn[0].get_ylim() == (0.0, 2.0)


def test_example_sheet__is_the_same_picture_each_time():
    assert png_bytes(sheet(compared=True), dpi=50) == png_bytes(sheet(compared=True), dpi=50)
    assert png_bytes(sheet(compared=True), dpi=50) != png_bytes(sheet(compared=False), dpi=50)

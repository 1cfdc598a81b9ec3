"""What 0 dB is."""

import pytest

from antiphon.signal.calibration import FULL_SCALE, level_reference


@pytest.mark.parametrize(("medium", "name", "pascal_db"), [("air", "20 uPa", 93.979), ("water", "1 uPa", 120.0)])
def test_level_reference__makes_one_pascal_read_what_the_standard_says(medium, name, pascal_db):
    reference = level_reference(-31.5, medium)
    assert reference.name == name
    assert -31.5 + reference.offset_db == pytest.approx(pascal_db)
    assert reference.standard_name == f"sound_pressure_level_in_{medium}"


def test_level_reference__without_a_sensitivity_is_full_scale():
    assert level_reference(None, "water") is FULL_SCALE

"""What several tests need."""

import os
from pathlib import Path

import pytest

from antiphon.signal.grid import Grid

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture(scope="session")
def grid() -> Grid:
    """The grid of config/config.yaml."""
    return Grid(window_s=0.016, hop_s=0.008, bins=256)


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """The real recordings; a test that needs them is skipped where they are not."""
    folder = Path(os.environ.get("ANTIPHON_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip("no real recordings here (set ANTIPHON_DATA)")
    return folder

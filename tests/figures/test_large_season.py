"""A season of 1,250 units as a tenth of a large one: the page stays light and opens quickly."""

import time

import pytest

from browser import chromium, needs_chromium, opened
from made_season import made_page

UNITS_OF_A_LARGE_SEASON = 12_500
LARGEST_BYTES = 15_000_000


@pytest.fixture(scope="module")
def large():
    """40 recorders for 31 days, at 10 sites."""
    return made_page(deployments=40, days=31, sites=10)


def test_page__of_a_large_season_stays_below_15_mb(large):
    """What is not the script and the style grows with the units, here counted tenfold."""
    numbers = len(large.split('id="numbers">')[1].split("</script>")[0])
    whole = len(large.encode()) + numbers * (UNITS_OF_A_LARGE_SEASON / (40 * 31) - 1)
    assert whole < LARGEST_BYTES - 2_500_000, f"{whole / 1e6:.1f} MB without the gallery's preview"


@needs_chromium
def test_page__of_a_large_season_draws_in_seconds(large, tmp_path):
    path = tmp_path / "index.html"
    path.write_text(large, encoding="utf-8")
    with chromium() as browser, opened(browser, path) as page:
        page.evaluate("drawAll()")
        before = time.monotonic()
        page.select_option("#choose-source", label="insect")
        page.evaluate("drawAll()")
        assert time.monotonic() - before < 20  # a second on an idle core

"""The season's page as a person uses it: choices, clicks, keys, narrow and wide, printed, with hostile names."""

import numpy as np
import pytest

from antiphon.stats.ratio import ratio_interval, windowed
from browser import chromium, needs_chromium, opened, until
from made_season import Made, made_page

pytestmark = needs_chromium
HOSTILE = '<img src=x onerror="alert(1)"> & {{ 7 * 7 }}'
CHARTS = {"calendar", "map", "hours", "day", "season", "sites", "band-hours", "band-parts", "average"}
DEPLOYMENTS, DAYS, SITES = 4, 40, 3


@pytest.fixture(scope="module")
def browser():
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def season(tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "index.html"
    path.write_text(made_page(DEPLOYMENTS, DAYS, SITES), encoding="utf-8")
    return path


@pytest.fixture
def page(browser, season):
    with opened(browser, season) as found:
        yield found


def active_and_effort(deployments=range(DEPLOYMENTS), source="bird"):
    """Return active and heard cells by deployment and day, straight from the tables."""
    tables = [Made(number, DAYS, SITES).occupancy() for number in deployments]
    tables = [one[one["source"] == source] for one in tables]
    columns = ("active_cells", "effort_cells")
    return [np.stack([one[name].to_numpy().reshape(DAYS, 24).sum(1) for one in tables]) for name in columns]


def chosen(page):
    return page.text_content("#sources .chosen")


def test_page__draws_every_chart_and_asks_for_nothing(page):
    page.evaluate("drawAll()")
    assert set(page.eval_on_selector_all(".chart[data-drawn]", "all => all.map(one => one.id)")) == CHARTS
    for name in CHARTS:
        assert page.get_attribute(f"#{name}", "aria-label")
        assert page.evaluate(f"document.querySelector('#{name} canvas').width > 100")


def test_charts__are_drawn_when_they_come_into_view(page):
    assert page.get_attribute("#average", "data-drawn") is None
    page.locator("#average").scroll_into_view_if_needed()
    page.wait_for_selector("#average[data-drawn]")


def test_choice__gives_the_ratios_and_intervals_of_the_tables(page):
    active, effort = active_and_effort()
    page.evaluate("drawAll()")
    ratio, low, high = page.evaluate("[page.totals.ratio, page.totals.low, page.totals.high]")
    np.testing.assert_allclose([ratio, low, high], ratio_interval(active.ravel(), effort.ravel()), rtol=2e-3)
    curve = np.array(page.evaluate("page.curve"))
    expected = ratio_interval(windowed(active, 7), windowed(effort, 7))
    np.testing.assert_allclose(curve, expected, rtol=5e-3)


def test_choice__of_source_site_and_dates_reaches_every_chart(page):
    page.evaluate("drawAll()")
    page.select_option("#choose-source", label="insect")
    page.select_option("#choose-place", label="site 2")
    page.fill("#choose-from", "2026-05-01")
    page.fill("#choose-to", "2026-05-10")
    page.dispatch_event("#choose-to", "change")
    assert chosen(page).startswith("insect, site 2, 1 May 2026 to 10 May 2026: acoustic occupancy")
    active, effort = active_and_effort([1], "insect")
    expected = ratio_interval(active[0, 3:13], effort[0, 3:13])
    np.testing.assert_allclose(page.evaluate("Object.values(page.totals)"), expected, rtol=2e-3)
    page.evaluate("drawAll()")
    assert page.get_attribute("#season", "aria-label").startswith("insect, site 2")
    page.click("#reset")
    assert chosen(page).startswith("insect, all sites, 28 Apr 2026 to 6 Jun 2026")


def test_click__on_the_map_chooses_a_site(page):
    page.locator("#map").scroll_into_view_if_needed()
    page.wait_for_selector("#map[data-drawn]")
    x, y = page.evaluate("""() => {
        const one = page.charts.find(chart => chart.box.id === "map");
        const series = one.instance.getOption().series[0];
        return one.instance.convertToPixel({ seriesIndex: 0 }, series.data[1].value);
    }""")
    page.locator("#map").click(position={"x": x, "y": y})
    assert page.input_value("#choose-place") == "s1"
    assert chosen(page).startswith("bird, site 2")


def test_keys__read_a_chart_aloud_and_choose_a_site(page):
    page.locator("#hours").scroll_into_view_if_needed()
    page.wait_for_selector("#hours[data-drawn]")
    page.focus("#hours")
    page.keyboard.press("ArrowRight")
    first = page.text_content("#spoken")
    page.keyboard.press("ArrowRight")
    assert first.startswith("28 Apr 2026, 00–01 h") and page.text_content("#spoken").startswith("28 Apr 2026, 01–02 h")
    page.keyboard.press("ArrowUp")
    assert page.text_content("#spoken").startswith("29 Apr 2026, 01–02 h")
    page.locator("#sites").scroll_into_view_if_needed()
    page.wait_for_selector("#sites[data-drawn]")
    page.focus("#sites")
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    assert page.input_value("#choose-place").startswith("s")


def test_calendar__shows_what_was_lost(page):
    page.select_option("#choose-coverage", "quarantine")
    assert "lost to bad files" in page.get_attribute("#calendar", "aria-label")
    page.focus("#calendar")
    page.keyboard.press("Home")
    assert "R000, 28 Apr 2026" in page.text_content("#spoken")


@pytest.mark.parametrize("width", [360, 800, 1600])
def test_page__fits_any_screen(browser, season, width):
    with opened(browser, season, width=width) as page:
        page.evaluate("drawAll()")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        for name in CHARTS:
            assert page.evaluate(f"document.getElementById('{name}').getBoundingClientRect().right <= innerWidth")


def test_page__is_printed_with_all_its_charts(page):
    """Paper shows a copy of each chart, and the copies have the colours of their heat maps."""
    page.emulate_media(media="print")
    until(page, "document.querySelectorAll('.printed').length === page.charts.length")
    colours = page.evaluate("""() => page.charts.map(one => {
        const { width, height } = one.printed, pen = one.printed.getContext("2d"), found = new Set();
        const pixels = pen.getImageData(0, 0, width, height).data;
        for (let at = 0; at < pixels.length; at += 4 * 97) found.add(pixels.slice(at, at + 3).join());
        return [one.box.id, found.size];
    })""")
    assert {name for name, _ in colours} == CHARTS
    assert all(count > (20 if name in ("hours", "calendar", "average", "band-hours") else 2) for name, count in colours)
    assert page.locator("#hours").is_hidden() and page.locator(".printed").first.is_visible()
    assert page.pdf(format="A4", print_background=True).startswith(b"%PDF")


def test_names__are_text_whatever_they_hold(browser, tmp_path):
    path = tmp_path / "index.html"
    html = made_page(2, 3, 2, models=(HOSTILE,), site_name=HOSTILE + " {}", rename={"bird": HOSTILE, "insect": "b<i>"})
    path.write_text(html, encoding="utf-8")
    with opened(browser, path) as page:
        page.evaluate("drawAll()")
        page.select_option("#choose-place", index=1)
        assert HOSTILE in chosen(page)
        for name in ("hours", "sites", "calendar", "map"):
            page.locator(f"#{name}").hover()
            page.focus(f"#{name}")
            page.keyboard.press("Home")
        assert page.evaluate("document.querySelectorAll('img[src=x]').length") == 0
        assert HOSTILE in page.text_content("#spoken")


def test_page__of_one_day_and_one_recorder(browser, tmp_path):
    path = tmp_path / "index.html"
    path.write_text(made_page(1, 1, 1), encoding="utf-8")
    with opened(browser, path) as page:
        page.evaluate("drawAll()")
        assert "the whole season, 28 Apr 2026" in chosen(page)
        assert page.locator("#sites").count() == 0

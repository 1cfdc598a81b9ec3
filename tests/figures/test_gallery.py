"""Judging events in a browser: keys, players, filters, and tables that stage pair and the next report read."""

import functools

import numpy as np
import pytest
from PIL import Image

from antiphon.config.pair import Boxes
from antiphon.figures.season.event_pictures import event_picture
from antiphon.figures.season.gallery import EventCard, gallery_page, preview
from antiphon.figures.season.verified import verified
from antiphon.io.annotations.reading import read_annotations
from antiphon.io.models.reviews import read_reviews
from antiphon.io.sound.flac_writing import flac_bytes
from antiphon.pairing.boxes import Annotated
from browser import chromium, needs_chromium, opened, until

HOSTILE = '<img src=x onerror="alert(1)">,"=1+1".wav'
SOURCES = {
    "bird": {"labels": ["bird"], "common_name": "bird", "scientific_name": "Aves"},
    "other": {"labels": ["insect", "frog"], "common_name": "<b>other</b>", "scientific_name": None},
}
RECORDINGS = (HOSTILE, "A1/one.wav", "A1/two.wav")


@functools.cache
def cards():
    rng = np.random.default_rng(3)
    sound = rng.normal(0, 0.1, 24_000).astype(np.float32)
    made = []
    for source in SOURCES:
        for kind in ("random", "sure", "unsure"):
            for number, path in enumerate(RECORDINGS):
                facts = {"deployment": "A1", "site": "wood", "path": path, "start_local": "2026-05-01T05:00:00+02:00"}
                facts |= {
                    "start_s": 1.5 + number,
                    "end_s": 2.25 + number,
                    "freq_low_hz": 2000.0,
                    "freq_high_hz": 4000.5,
                }
                facts |= {"freq_low_hz": 2000.0 + len(made), "score": 0.75, "snr_db": None, "channel": "1"}
                levels = rng.integers(80, 140, (100, 64)).astype(np.uint8)
                picture = event_picture(
                    levels, levels > 135, (0.2, 0.5, 2000, 4000), "#0072B2", hop_s=0.008, bin_hz=62.5
                )
                flac = flac_bytes(sound, 24_000, bits=16)
                made.append(EventCard(source, kind, facts, picture, {"recorded": flac, "separated": flac}, ""))
    return made


@pytest.fixture(scope="module")
def browser():
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def gallery(tmp_path_factory):
    path = tmp_path_factory.mktemp("gallery") / "gallery-community.html"
    html = gallery_page(cards(), season="spring", model="community", weights="ab" * 32, sources=SOURCES)
    path.write_text(html, encoding="utf-8")
    return path


@pytest.fixture
def page(browser, gallery):
    with opened(browser, gallery, accept_downloads=True) as found:
        yield found


def saved(page, button, folder):
    with page.expect_download() as download:
        page.click(button)
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return path


def judge_some(page):
    """Confirm the first event, reject the second; of the other source confirm one as a frog and reject one."""
    page.fill("#annotator", 'Eve "E.", <i>')
    page.dispatch_event("#annotator", "change")
    page.focus("#event-0")
    page.keyboard.press("y")
    page.keyboard.press("j")
    page.keyboard.press("n")
    page.select_option("#choose-source", "other")
    page.focus("#event-9")
    page.select_option("#event-9 .label", "frog")
    page.focus("#event-9")
    page.keyboard.press("y")
    page.keyboard.press("j")
    page.keyboard.press("n")


@needs_chromium
def test_keys__judge_and_take_back(page):
    judge_some(page)
    assert page.text_content("#progress") == "4 of 18 events judged."
    assert [page.text_content(f"#event-{number} .verdict") for number in (0, 1, 9, 10)] == [
        "confirmed",
        "rejected",
        "confirmed",
        "rejected",
    ]
    assert page.get_attribute("#event-1 .no", "aria-pressed") == "true"
    page.keyboard.press("u")
    assert page.text_content("#progress") == "3 of 18 events judged."
    page.reload()
    page.wait_for_selector("html[data-ready]")
    assert page.text_content("#progress") == "3 of 18 events judged."  # this browser remembers


@needs_chromium
def test_filters__show_the_events_that_are_asked_for(page):
    page.select_option("#choose-source", "bird")
    page.select_option("#choose-kind", "unsure")
    shown = page.eval_on_selector_all(".event:not([hidden])", "all => all.map(one => one.id)")
    assert shown == ["event-6", "event-7", "event-8"]
    page.click("#event-7 .yes")
    page.select_option("#choose-state", "open")
    assert page.is_hidden("#event-7") and page.is_visible("#event-8")


@needs_chromium
def test_players__play_what_was_recorded_and_what_was_separated(page):
    for key, name in ((" ", "recorded"), ("s", "separated")):
        page.focus("#event-3")
        page.keyboard.press(key)
        until(page, f"document.querySelector('#event-3 .{name}').currentTime > 0")
        assert page.evaluate(f"document.querySelector('#event-3 .{name}').duration") == pytest.approx(1.0)
    assert page.evaluate("document.querySelector('#event-3 .recorded').paused")


@needs_chromium
@pytest.mark.parametrize("width", [360, 1300])
def test_gallery__fits_any_screen_and_shows_names_as_text(browser, gallery, width):
    with opened(browser, gallery, width=width) as page:
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert page.evaluate("document.querySelectorAll('img[src=x]').length") == 0
        assert HOSTILE in page.text_content("#event-0 .path")
        assert page.evaluate("[...document.images].every(one => one.naturalWidth > 400)")


@needs_chromium
def test_verdicts__come_back_through_the_readers_of_pair_and_report(page, tmp_path):
    judge_some(page)
    table, raven, listed = (saved(page, f"#save-{name}", tmp_path) for name in ("csv", "raven", "list"))
    assert [path.name for path in (table, raven, listed)] == ["verdicts.csv", "verdicts.txt", "recordings.csv"]
    expected = [
        (HOSTILE, "bird", 1.5, True),
        ("A1/one.wav", "bird", 2.5, False),
        (HOSTILE, "frog", 1.5, True),
        ("A1/one.wav", "insect", 2.5, False),
        ("A1/one.wav", "frog", 2.5, False),
    ]
    for path, form in ((table, "csv"), (raven, "raven")):
        found = read_annotations(path, form)
        assert found.bad == []
        assert [(one.path, one.label, one.start_s, one.present) for one in found.good] == expected
        assert {(one.freq_high_hz, one.channel) for one in found.good} == {(4000.5, 1)}
    assert {one.annotator for one in read_annotations(table, "csv").good} == {'Eve "E.", <i>'}
    verdicts = read_reviews([table])
    assert [(one.source, one.kind, one.confirmed) for one in verdicts] == [
        ("bird", "random", True),
        ("bird", "random", False),
        ("other", "random", True),
        ("other", "random", False),
    ]
    assert {(one.season, one.model, one.weights) for one in verdicts} == {("spring", "community", "ab" * 6)}


@needs_chromium
def test_verdicts__teach_the_next_training(page, tmp_path, root):
    """The saved list and table are what pair.boxes.recordings takes: every annotation finds its recording."""
    judge_some(page)
    for name in ("csv", "list"):
        saved(page, f"#save-{name}", tmp_path)
    rules = Boxes(
        **dict.fromkeys(("label_column", "columns", "picture")),
        audio_root=str(tmp_path),
        recordings=str(tmp_path / "recordings.csv"),
        above_background_db=6.0,
        below_peak_db=50.0,
        margin_s=0.5,
    )
    found = Annotated.of(rules)
    assert found.bad == []
    assert {row.path: [(one.label, one.present) for one in drawn] for row, drawn in found.recordings} == {
        HOSTILE: [("bird", True), ("frog", True)],
        "A1/one.wav": [("bird", False), ("insect", False), ("frog", False)],
    }
    assert {(row.group, row.channel, row.exhaustive) for row, _ in found.recordings} == {("wood", 1, frozenset())}


def test_precision__is_that_of_events_drawn_at_random():
    said = [("bird", "random", number < 8) for number in range(10)] + [("bird", "sure", True)] * 5
    (found,) = verified(said, ("insect", "bird"), ("sure", "unsure", "random"))
    assert found.source == "bird" and found.precision.startswith("80") and found.interval.startswith("49")
    assert found.judged == {"sure": "5 of 5", "unsure": "", "random": "8 of 10"}
    (surest,) = verified([("bird", "sure", True)], ("bird",), ("sure", "random"))
    assert surest.precision == "" and surest.interval == ""


def test_pictures__show_the_box_and_the_mask_beside_the_sound(tmp_path):
    levels = np.full((200, 256), 100, np.uint8)
    levels[:, 180:] = 0
    mask = np.zeros_like(levels, bool)
    mask[50:80, 40:60] = True
    for number, given in enumerate((mask, None)):
        path = tmp_path / f"{number}.webp"
        path.write_bytes(event_picture(levels, given, (0.1, 1.0, 1000, 8000), "#D55E00", hop_s=0.008, bin_hz=62.5))
        pixels = np.asarray(Image.open(path).convert("RGB")).astype(int)
        assert pixels.shape[1] > 400
        coloured = (pixels[..., 0] - pixels[..., 2] > 50).sum()
        assert (coloured > 40) == (given is not None)


def test_preview__has_one_event_a_kind_and_stays_light():
    views = preview(cards(), SOURCES)
    assert [(one["source"], one["kind"]) for one in views] == [
        (source, kind) for source in SOURCES for kind in ("sure", "unsure", "random")
    ]
    heavy = [
        EventCard(one.source, one.kind, one.facts, one.picture, {"recorded": bytes(900_000)}, "") for one in cards()
    ]
    assert [bool(one["sounds"]) for one in preview(heavy, SOURCES)].count(True) == 2


def test_gallery__without_events_says_so():
    html = gallery_page([], season="spring", model="community", weights="ab" * 32, sources=SOURCES)
    assert "No event was found" in html

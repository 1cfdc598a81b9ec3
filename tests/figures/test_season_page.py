"""The season's page: sums before ratios, unknown is not silence, one file that needs nothing else."""

import functools
import re
import shutil
import subprocess
from datetime import date
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from antiphon.figures import wording
from antiphon.figures.digest import coverage, heard, quality, share
from antiphon.figures.long_term import long_term, long_term_views
from antiphon.figures.page import ModelPart, Origin, season_page
from antiphon.figures.pictures import svg_text
from antiphon.figures.season import calendar, day_profile, hours_by_date, silhouette
from antiphon.figures.style import PALETTE, printable, ramp, ramp_stops, source_colours

HOSTILE = '<script>alert(1)</script> "$x_1$" & \x07 {{ 7 * 7 }}'
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
VOID = {"meta", "link", "img", "br"}


def intervals(days, deployment, offset_min=120):
    """Return an interval an hour from 2026-04-28 on, local time."""
    start = pd.Timestamp("2026-04-28", tz="UTC") - pd.Timedelta(offset_min, "min")
    starts = pd.date_range(start, periods=24 * days, freq="h")
    columns = {"interval_start": starts, "interval_end": starts + pd.Timedelta(1, "h"), "utc_offset_min": offset_min}
    return pd.DataFrame({"site": f"site of {deployment}", **columns})


def effort_table(days, deployment, lost_day=None):
    table = intervals(days, deployment).assign(scheduled_s=3600.0, analysed_s=3600.0)
    for name in ("quarantine", "clipping", "edge"):
        table[f"lost_{name}_s"] = 0.0
    table["lost_gap_s"] = np.nan
    if lost_day is not None:
        table.loc[24 * lost_day : 24 * lost_day + 23, ["analysed_s", "lost_quarantine_s"]] = [0.0, 3600.0]
    return table


def ltsa_table(days, deployment, reference="full scale", bins=4):
    """Return a long-term average: every bin 10 dB above the one below, the top one never heard."""
    pieces = [
        intervals(days, deployment).assign(
            freq_low_hz=500.0 * bin_,
            freq_high_hz=500.0 * (bin_ + 1),
            effort_s=3600.0 * (bin_ < bins - 1),
            level_db=-90.0 + 10 * bin_ if bin_ < bins - 1 else np.nan,
            level_reference=reference,
        )
        for bin_ in range(bins)
    ]
    return pd.concat(pieces, ignore_index=True)


def occupancy_table(days, deployment, sources, heard_hour=5, shares=(0.2,)):
    """Return what each source does: active in ``shares`` of the cells of one hour of the day, 0 otherwise."""
    tables = []
    for place, source in enumerate(sources):
        table = intervals(days, deployment).assign(source=source, effort_s=3600.0, effort_cells=10_000)
        active = np.where(np.arange(24 * days) % 24 == heard_hour, shares[place % len(shares)], 0.0)
        tables.append(table.assign(active_s=3600.0 * active, active_cells=np.round(10_000 * active)))
    return pd.concat(tables, ignore_index=True)


def frequency_table(days, deployment, sources, bands=4, heard_bands=3):
    occupancy = occupancy_table(days, deployment, sources)
    pieces = [
        occupancy.assign(freq_low_hz=500.0 * band, freq_high_hz=500.0 * (band + 1)).assign(
            effort_cells=occupancy["effort_cells"] * (band < heard_bands),
            active_cells=occupancy["active_cells"] * (band == 1),
        )
        for band in range(bands)
    ]
    return pd.concat(pieces, ignore_index=True)


def recordings_table(statuses, stem="recording"):
    rows = [(f"{stem}-{number:03d}.wav", *status) for number, status in enumerate(statuses)]
    table = pd.DataFrame(rows, columns=["path", "status", "reason"])
    return table.assign(duration_s=np.where(table["status"] == "quarantined", np.nan, 600.0))


def card_of(sources):
    return {
        "model": "community",
        "network": "resunet",
        "widths": [16, 32],
        "parameters": 123_456,
        "sources": {one: {"labels": [one], "scientific_name": one, "common_name": one} for one in sources},
        "grid": {"window_s": 0.016, "hop_s": 0.008, "bins": 256},
        "thresholds": dict.fromkeys(sources, 0.5),
        "training": {"steps": 3000, "best_step": 2800, "settings": {}},
        "versions": {"antiphon": "0.1.0", "train": 1},
        "weights_sha256": "ab" * 32,
    }


@functools.cache
def page_of(days=2, deployments=("A1", "001"), sources=("bird", "insect"), models=("community",), shares=(0.2, 0.0)):
    parts = [
        ModelPart(
            name=name,
            card=card_of(sources),
            heard=heard(
                ((one, occupancy_table(days, one, sources, shares=shares)) for one in deployments),
                ((one, frequency_table(days, one, sources)) for one in deployments),
                tuple(sources),
            ),
            scores=[{"method": "community", "source": "macro", "f1": "0.8125", "f1_low": "0.8", "f1_high": "0.825"}],
            pictures={"Examples": b"\x89PNG"},
        )
        for name in models
    ]
    statuses = [("ok", None), ("quarantined", "text"), ("repaired", "truncated")]
    return season_page(
        title="Season report",
        season="spring",
        coverage=coverage((one, effort_table(days, one)) for one in deployments),
        quality=quality((one, recordings_table(statuses, one)) for one in deployments),
        meanings={"text": "text, not sound"},
        ignored=0,
        shared=[{"deployments": ["A", "B<"], "recordings": 3, "example": ["a/1.wav", "b/1.wav"]}],
        soundscape=long_term((one, ltsa_table(days, one)) for one in deployments),
        models=parts,
        origin=Origin("title: <b>\n", {"antiphon": "0.1.0"}, {"tables/effort": "cd" * 32}),
    )


class Reader(HTMLParser):
    """Reads a page: whether its elements are closed in order, its ids, what it refers to, its headings."""

    def __init__(self, html):
        super().__init__()
        self.open, self.tags, self.ids, self.references, self.addresses = [], [], [], [], []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        if tag not in VOID:
            self.open.append(tag)
        for key, value in attrs:
            if key == "id":
                self.ids.append(value)
            elif key in ("aria-labelledby", "for"):
                self.references.append(value)
            elif key in ("href", "src", "action", "poster", "srcset"):
                self.addresses.append(value)
            self.references += re.findall(r"url\(#([^)]+)\)", value or "")
        self.references += [value[1:] for key, value in attrs if key == "href" and value.startswith("#")]

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_page__is_html_whose_ids_are_unique_and_meet():
    reader = Reader(page_of(models=("community", "species")))
    assert reader.open == []
    assert len(reader.ids) == len(set(reader.ids))
    assert set(reader.references) <= set(reader.ids)


def test_page__needs_nothing_but_itself():
    html = page_of()
    reader = Reader(html)
    assert all(address.startswith(("#", "data:")) for address in reader.addresses)
    assert not {"script", "iframe", "object", "embed", "form"} & set(reader.tags)
    assert "@import" not in html and not re.search(r"url\((?!#)", html)
    assert "Content-Security-Policy\" content=\"default-src 'none'; img-src data:;" in html


def test_page__shows_hostile_names_as_text():
    html = page_of(deployments=("A1", HOSTILE), sources=("bird", HOSTILE), models=(HOSTILE,), shares=(0.1,))
    reader = Reader(html)
    assert reader.open == [] and "script" not in reader.tags
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert "{{ 7 * 7 }}" in html


def test_page__is_the_same_bytes_again():
    assert page_of.__wrapped__() == page_of()


def test_page__names_the_estimand():
    text = page_of()
    assert "share of the analysed time–frequency cells" in text
    assert "not site-occupancy ψ" in text


def test_page__folds_many_deployments_away():
    few, many = (page_of(days=1, deployments=tuple(f"D{number}" for number in range(count))) for count in (2, 13))
    assert "at each of" not in few
    assert "at each of 13 deployments" in many


def test_page__gives_each_model_its_own_chapter():
    html = page_of(models=("community", "species"))
    assert "What community heard" in html and "What species heard" in html


def test_page__says_that_a_source_was_never_heard():
    assert "Never heard in 96.0\N{NO-BREAK SPACE}h of analysed sound." in page_of()


def test_sums__weigh_by_effort():
    """One hour of each of two deployments is analysed, at 20 % of 10,000 and 50 % of 100 cells: not 35 %."""
    one, other = (occupancy_table(1, name, ["bird"], shares=(part,)) for name, part in (("A", 0.2), ("B", 0.5)))
    other[["effort_cells", "active_cells"]] = other[["effort_cells", "active_cells"]] / 100
    sums = heard({"A": one, "B": other}.items(), {}.items(), ("bird",))
    by_hour = share(sums.active_cells.sum((0, 1, 2)), sums.effort_cells.sum((0, 1, 2)))
    assert by_hour[5] == pytest.approx((2000 + 50) / (10_000 + 100))
    assert (np.delete(by_hour, 5) == 0).all()


@settings(max_examples=15, deadline=None)
@given(order=st.permutations(range(48)), offset_min=st.sampled_from([-570, -300, 0, 120, 345, 765]))
def test_sums__do_not_depend_on_the_order_of_rows_or_the_zone(order, offset_min):
    table = occupancy_table(2, "A", ["bird"])
    start = intervals(2, "A", offset_min)
    table[["interval_start", "interval_end", "utc_offset_min"]] = start[
        ["interval_start", "interval_end", "utc_offset_min"]
    ]
    sums = heard([("A", table.iloc[order])], [], ("bird",))
    assert sums.first_day == date(2026, 4, 28)
    assert np.flatnonzero(sums.active_cells[0, 0, 1]) == [5]


def test_sums__keep_unknown_apart_from_zero():
    table = occupancy_table(1, "A", ["bird"])
    table.loc[3, ["effort_s", "effort_cells", "active_s", "active_cells"]] = [0, 0, np.nan, np.nan]
    sums = heard([("A", table)], [("A", frequency_table(1, "A", ["bird"]))], ("bird",))
    shares = share(sums.active_cells[0, 0, 0], sums.effort_cells[0, 0, 0])
    assert np.isnan(shares[3]) and shares[4] == 0
    bands = share(sums.band_active_cells[0, 0], sums.band_effort_cells[0, 0])
    assert np.isnan(bands[3]) and bands[0] == 0 and bands[1] > 0


def test_sums__show_intervals_longer_than_an_hour_as_they_are():
    table = occupancy_table(1, "A", ["bird"]).iloc[::6].copy()
    table["interval_end"] = table["interval_start"] + pd.Timedelta(6, "h")
    assert heard([("A", table)], [], ("bird",)).effort_cells.shape == (1, 1, 1, 4)


def test_coverage__knows_days_on_which_all_was_lost():
    found = coverage([("A", effort_table(3, "A", lost_day=1)), ("B", effort_table(5, "B").iloc[48:])])
    assert found.silent_days.tolist() == [[False, True, False, False, False], [False] * 5]
    assert found.analysed_s[1].tolist() == [0, 0, 86400, 86400, 86400]
    assert found.last_day == date(2026, 5, 2)
    assert np.isnan(found.lost_s["gap"][0, :3]).all()


def test_quality__counts_all_and_names_the_bad():
    statuses = [("ok", None)] * 5 + [("quarantined", "text")] * 3 + [("repaired", "truncated")]
    found = quality([("B", recordings_table(statuses, "b")), ("A", recordings_table(statuses, "a"))], most_paths=4)
    assert [(one.status, one.reason, one.files) for one in found.verdicts] == [
        ("ok", "", 10),
        ("repaired", "truncated", 2),
        ("quarantined", "text", 6),
    ]
    assert found.verdicts[0].paths == () and len(found.verdicts[2].paths) == 4
    assert found.duration_s == 12 * 600
    assert found.files == 18 and found.files_with("quarantined", "excluded") == 6


def test_quality__names_the_sound_ones_that_have_a_reason():
    found = quality([("A", recordings_table([("ok", "setup_changed"), ("ok", None)], "a"))])
    assert [(one.reason, len(one.paths)) for one in found.verdicts] == [("", 0), ("setup_changed", 1)]


@pytest.mark.parametrize("days", [1, 2, 14, 15, 62, 300, 1500])
def test_pictures__hold_for_any_length_of_season(days):
    rng = np.random.default_rng(days)
    analysed_s = rng.choice([0.0, 86400.0], (2, days))
    occupancy = np.ma.masked_less(rng.random((days, 24)), 0.1)
    for figure in (
        calendar(analysed_s, analysed_s == 0, ["A1", HOSTILE], date(2025, 12, 30)),
        hours_by_date(occupancy, date(2025, 12, 30), PALETTE[0], 0.0),
    ):
        text = svg_text(figure, name="one", description=HOSTILE.replace("\x07", ""))
        assert text.startswith("<svg ") and "<script" not in text
        labels = [label for label in re.findall(r"<text[^>]*>([^<]+)</text>", text) if " " in label or label.isalpha()]
        assert labels, "a season of any length has dates on its axis"


def test_pictures__draw_a_source_that_no_one_could_hear():
    nothing = np.full(24, np.nan)
    svg_text(day_profile(nothing, np.zeros(24), np.empty((0, 24)), PALETTE[0]), name="a", description="")
    text = svg_text(silhouette(np.arange(25.0), nothing, np.empty((0, 24)), PALETTE[0]), name="b", description="")
    assert "url(#b-" in text and 'id="b-' in text


def test_ramp__grows_darker_and_leaves_the_unknown_clear():
    for colour in PALETTE:
        colours = ramp(ramp_stops(colour))
        lightness = colours(np.linspace(0, 1, 64))[:, :3] @ [0.2126, 0.7152, 0.0722]
        assert (np.diff(lightness) < 0).all()
        assert colours(np.ma.masked_all(1))[0, 3] == 0


def test_source_colours__follow_the_order_of_the_model():
    assert source_colours(["b", "a"]) == {"b": PALETTE[0], "a": PALETTE[1]}
    assert len(set(PALETTE)) == 8


def test_printable__keeps_letters_and_drops_what_xml_forbids():
    assert printable("Grün–鳥 $a_b$") == "Grün–鳥 $a_b$"
    assert printable("a\x00b\ud800") == "a\N{REPLACEMENT CHARACTER}b\N{REPLACEMENT CHARACTER}"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0, "0 %"),
        (0.00001, "< 0.01 %"),
        (0.0031, "0.31 %"),
        (0.0999, "10 %"),
        (0.946, "95 %"),
        (0.9949, "99.5 %"),
        (1, "100 %"),
    ],
)
def test_percent__has_two_digits_that_matter(value, words):
    assert wording.percent(value).replace("\N{NO-BREAK SPACE}", " ") == words


def test_span__says_nothing_twice():
    plain = [
        wording.span(date(2026, 5, 12), date(*last)).replace("\N{NO-BREAK SPACE}", " ")
        for last in [(2026, 5, 12), (2026, 5, 13), (2026, 6, 1), (2027, 6, 1)]
    ]
    assert plain == ["12 May 2026", "12–13 May 2026", "12 May – 1 June 2026", "12 May 2026 – 1 June 2027"]


@pytest.mark.slow
def test_page__of_a_long_season_stays_light():
    deployments = tuple(f"D{number:02d}" for number in range(50))
    html = page_of(days=300, deployments=deployments, sources=("bird",), shares=(0.2,))
    assert len(html.encode()) < 5_000_000


@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
def test_page__opens_in_a_browser_without_a_complaint(tmp_path):
    """The page's own policy forbids every request, and the console would name each one that was tried."""
    page = tmp_path / "index.html"
    page.write_text(page_of(deployments=("A1", HOSTILE), sources=("bird", HOSTILE), shares=(0.1,)), encoding="utf-8")
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
    flags += ["--disable-component-update", "--disable-sync", "--host-resolver-rules=MAP * ~NOTFOUND"]
    command = [CHROMIUM, *flags, "--enable-logging=stderr", f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom"]
    shown = subprocess.run([*command, page.as_uri()], capture_output=True, text=True, timeout=120, check=True)
    assert "CONSOLE" not in shown.stderr
    assert shown.stdout.count("<svg") == page.read_text(encoding="utf-8").count("<svg")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in shown.stdout and "<script" not in shown.stdout


@pytest.mark.parametrize(("days", "columns"), [(2, 48), (30, 30)])
def test_long_term__shows_hours_of_few_days_and_days_of_many(days, columns):
    (one,) = long_term([("A1", ltsa_table(days, "A1"))])
    assert one.level_db.shape == (4, columns)
    assert one.first_day == date(2026, 4, 28)
    np.testing.assert_allclose(one.level_db[:3], np.broadcast_to([[-90.0], [-80.0], [-70.0]], (3, columns)))
    assert np.isnan(one.level_db[3]).all()


def test_long_term__averages_power_and_not_decibels():
    table = ltsa_table(15, "A1", bins=2)
    table.loc[0, "level_db"] = -60.0
    (one,) = long_term([("A1", table)])
    assert one.level_db[0, 0] == pytest.approx(10 * np.log10((1e-6 + 23e-9) / 24))


def test_long_term_views__never_share_a_scale_between_references():
    air, scale = ltsa_table(2, "A1", "20 uPa"), ltsa_table(2, "B", "full scale")
    air["level_db"] += 120.0
    views = long_term_views(long_term([("A1", air), ("B", scale), ("C", ltsa_table(0, "C"))]))
    assert [view.scale["high"] for view in views] == ["50 dB re 20 uPa", "-70 dB re full scale"]

"""The season's page: sums before ratios, unknown is not silence, one file that needs nothing else."""

import base64
import functools
import hashlib
import re
import zlib
from datetime import date
from html.parser import HTMLParser
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from antiphon.figures import wording
from antiphon.figures.model.ablation import Ablation, ablation_picture, ablation_rows
from antiphon.figures.model.trust import critic_words, f1_table
from antiphon.figures.pictures import svg_text
from antiphon.figures.season.answers import are_the_data_sound, can_it_be_trusted
from antiphon.figures.season.digest import coverage, quality, share
from antiphon.figures.season.heard import heard
from antiphon.figures.season.long_term import long_term
from antiphon.figures.season.masking import COLUMNS as MASKING_COLUMNS
from antiphon.figures.season.masking import masked_shares, masking_view
from antiphon.figures.season.packing import SHARE_STEPS, packed, share_codes
from antiphon.figures.season.page import ModelPart, Origin, Recorded, season_page
from antiphon.figures.season.payload import Place, payload
from antiphon.figures.season.pictures import calendar, day_profile, hours_by_date, silhouette
from antiphon.figures.style import PALETTE, printable, ramp, ramp_stops, source_colours
from made_season import ablation_of, numbers_of

HOSTILE = '<script>alert(1)</script> "$x_1$" & \x07 {{ 7 * 7 }}'
ECHARTS = "b66b25aeb4df84e33199dc21694014d336d222cbd9deb0e5a7c14bd6aa0d0fd0"
VOID = {"meta", "link", "img", "br", "input"}


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
        recorded=Recorded(
            coverage=coverage((one, effort_table(days, one)) for one in deployments),
            quality=quality((one, recordings_table(statuses, one)) for one in deployments),
            meanings={"text": "text, not sound"},
            ignored=0,
            shared=[{"deployments": ["A", "B<"], "recordings": 3, "example": ["a/1.wav", "b/1.wav"]}],
            places=[Place(one, f"site of {one}", 47.5, 8.5, 120) for one in deployments],
            soundscape=long_term((one, ltsa_table(days, one)) for one in deployments),
        ),
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
    assert not {"iframe", "object", "embed"} & set(reader.tags)
    assert "@import" not in html


def test_page__names_its_scripts_by_their_hash_and_allows_no_other():
    html = page_of()
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', html)
    scripts = re.findall(r"<script>(.*?)</script>", html, flags=re.DOTALL)
    hashes = [base64.b64encode(hashlib.sha256(one.encode()).digest()).decode() for one in scripts]
    assert policy.startswith("default-src 'none'; img-src data: blob:; media-src data:; style-src 'unsafe-inline'")
    assert policy.endswith("script-src " + " ".join(f"'sha256-{one}'" for one in hashes))
    assert len(scripts) == 2


def test_library__is_the_published_file(root):
    """npm's echarts 6.1.0, dist/echarts.min.js."""
    library = root / "src" / "antiphon" / "figures" / "vendor" / "echarts-6.1.0.min.js"
    assert hashlib.sha256(library.read_bytes()).hexdigest() == ECHARTS


def test_page__shows_hostile_names_as_text():
    html = page_of(deployments=("A1", HOSTILE), sources=("bird", HOSTILE), models=(HOSTILE,), shares=(0.1,))
    shown = re.sub(r"<script[ >].*?</script>", "", html, flags=re.DOTALL)
    assert "<script" not in shown
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in shown
    assert "{{ 7 * 7 }}" in shown
    assert html.count("<script") - html.count("<script>") == 1 and len(re.findall("<script>", html)) == 2
    assert numbers_of(html)["models"][0]["sources"][1]["name"] == HOSTILE


def test_page__is_the_same_bytes_again():
    assert page_of.__wrapped__() == page_of()


def test_page__names_the_estimand():
    text = page_of()
    assert "share of the analysed time–frequency cells" in text
    assert "Neither is site-occupancy ψ" in text


def test_page__folds_the_effort_of_many_deployments_away():
    few, many = (page_of(days=1, deployments=tuple(f"D{number}" for number in range(count))) for count in (2, 13))
    assert "<details open>\n  <summary>Effort by deployment" in few
    assert "<details>\n  <summary>Effort by deployment" in many


def test_page__gives_each_model_its_own_tables():
    html = page_of(models=("community", "species"))
    assert "What was heard by community" in html and "What was heard by species" in html
    assert [one["name"] for one in numbers_of(html)["models"]] == ["community", "species"]


def test_page__says_that_a_source_was_never_heard():
    html = page_of()
    assert "never heard in 96.0\N{NO-BREAK SPACE}h of analysed sound" in html
    assert "Never heard: insect." in html


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


def test_sums__leave_classes_of_several_sources_out():
    occupancy, frequency = (table(1, "A", ["bird", "insect", "animal"]) for table in (occupancy_table, frequency_table))
    sums = heard([("A", occupancy)], [("A", frequency)], ("bird", "insect"))
    own = [table[table["source"] != "animal"] for table in (occupancy, frequency)]
    alone = heard([("A", own[0])], [("A", own[1])], ("bird", "insect"))
    assert np.array_equal(sums.active_cells, alone.active_cells)
    assert np.array_equal(sums.hour_active_cells, alone.hour_active_cells)


@settings(max_examples=15, deadline=None)
@given(cuts=st.lists(st.integers(0, 2 * 24 * 4), max_size=5))
def test_sums__do_not_depend_on_how_a_long_table_is_cut(cuts):
    """Pieces may end within an interval, and so lack bands; what another deployment says comes in between."""
    names, whole = ("A", "B"), [frequency_table(2, name, ["bird"]) for name in ("A", "B")]
    occupancies = [(name, occupancy_table(2, name, ["bird"])) for name in names]
    edges = [0, *sorted(cuts), len(whole[0])]
    pieces = [
        (name, table.iloc[first:last].astype({"source": "category"}))
        for first, last in pairwise(edges)
        for name, table in zip(names, whole, strict=True)
    ]
    cut, sums = (heard(occupancies, given, ("bird",)) for given in (pieces, zip(names, whole, strict=True)))
    for field in ("edges_hz", "hour_active_cells", "hour_effort_cells", "time_active_cells", "time_effort_cells"):
        np.testing.assert_array_equal(getattr(cut, field), getattr(sums, field))


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


def test_soundscape__never_shares_a_scale_between_references():
    air, scale = ltsa_table(2, "A1", "20 uPa"), ltsa_table(2, "B", "full scale")
    air["level_db"] += 120.0
    efforts = coverage((one, effort_table(2, one)) for one in ("A1", "B", "C"))
    places = [Place(one, one, None, None, 120) for one in ("A1", "B", "C")]
    shown = payload(efforts, places, [], long_term([("A1", air), ("B", scale), ("C", ltsa_table(0, "C"))]))
    assert [(one["high"], one["reference"]) for one in shown["soundscape"]] == [(50, "20 uPa"), (-70, "full scale")]
    assert [one["deployment"] for one in shown["soundscape"]] == [0, 1]


def test_long_term__in_bands_keeps_mean_power():
    (one,) = long_term([("A1", ltsa_table(2, "A1"))])
    banded = one.banded(2, daily=True)
    assert banded.level_db.shape == (2, 2) and banded.per_day == 1
    np.testing.assert_allclose(banded.edges_hz, [0, 1000, 2000])
    assert banded.level_db[0, 0] == pytest.approx(10 * np.log10((1e-9 + 1e-8) / 2))
    assert banded.level_db[1, 0] == pytest.approx(-70.0)  # the top bin was never heard


@settings(max_examples=50, deadline=None)
@given(shares=st.lists(st.floats(0, 1) | st.just(float("nan")), min_size=1, max_size=20))
def test_share_codes__keep_the_digits_of_rare_sources(shares):
    codes = share_codes(np.array(shares))
    for one, code in zip(shares, codes.astype(float), strict=True):
        if np.isnan(one):
            assert code == 65535
        else:
            assert (code / SHARE_STEPS) ** 2 == pytest.approx(one, rel=0.05 if one > 1e-7 else 1, abs=3e-10)


def test_packed__is_deflated_little_endian_base64():
    found = packed(np.array([[1, 256]]), "u2")
    assert zlib.decompress(base64.b64decode(found["data"])) == b"\x01\x00\x00\x01"
    assert found["shape"] == [1, 2] and found["kind"] == "u2"


def test_numbers__put_every_season_on_one_axis_of_days():
    """A model without hours in the first days: the days of effort and of sources still meet."""
    efforts = coverage([("A", effort_table(5, "A"))])
    late = "interval_start >= '2026-04-29 22:00+00:00'"
    occupancy, frequency = (table(5, "A", ["bird"]).query(late) for table in (occupancy_table, frequency_table))
    found = heard([("A", occupancy)], [("A", frequency)], ("bird",))
    shown = payload(efforts, [Place("A", "s", None, None, 120)], [("m", found, {})], [])
    assert shown["days"] == 5 and shown["models"][0]["active"]["shape"] == [1, 1, 5, 24]
    effort = np.frombuffer(zlib.decompress(base64.b64decode(shown["models"][0]["effort"]["data"])), "<u4")
    assert (effort.reshape(5, 24)[:2] == 0).all() and (effort.reshape(5, 24)[2:] > 0).all()


def test_answers__say_what_was_lost_and_what_is_weak():
    efforts = coverage([("A", effort_table(3, "A", lost_day=1))])
    recordings = quality([("A", recordings_table([("ok", None), ("quarantined", "text")], "a"))])
    text = " ".join(are_the_data_sound(efforts, recordings).sentences).replace("\N{NO-BREAK SPACE}", " ")
    assert "67 % of 72.0 h scheduled was analysed" in text and "lost to bad files (24.0 h)" in text
    assert "On 1 deployment-day all that was recorded was lost" in text and "gaps are not known" in text
    rows = [
        {"method": "m", "source": name, "f1": value} for name, value in (("a", "0.9"), ("b", "0.5"), ("macro", "0.7"))
    ]
    said = " ".join(can_it_be_trusted("m", f1_table(rows, "m"), (), {"b": "great tit"}).sentences)
    assert "F1 0.700 on examples" in said and "Weakest: great tit, 0.500" in said and "Nobody has judged" in said


def test_ablation__shows_means_over_seeds_and_their_range():
    rows = ablation_rows(ablation_of(("bird",)))
    assert [row["arm"] for row in rows[:5]] == ["before", "no critic", "multi scale", "patch hinge", "relativistic"]
    best = rows[4]
    assert best["protocol"] == "validation" and best["seeds"] == "3"
    assert (best["f1"], best["range"], best["near"]) == ("0.766", "0.763–0.769", "0.816")
    assert (best["events"], best["faint"]) == ("–", "0.566")
    assert rows[0]["range"] == "" and rows[0]["faint"] == "–"


def test_ablation__is_drawn_by_protocol_a_point_a_seed():
    figure = ablation_picture(ablation_of(("bird",), protocols=("in_domain", "transfer")))
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["in-domain", "transfer"]
    points = [line.get_xdata()[0] for line in figure.axes[1].lines if line.get_marker() == "o"]
    assert len(points) == 12 and max(points) == pytest.approx(0.669)
    assert len(figure.axes[0].collections) == 12


def test_ablation__without_ends_of_intervals_has_points_only():
    bare = [{**row, "f1_low": "", "f1_high": ""} for row in ablation_of(("bird",)).rows]
    figure = ablation_picture(Ablation(bare, {}))
    assert not figure.axes[0].collections and figure.axes[0].lines


@pytest.mark.parametrize(
    ("critic", "words"),
    [
        ({"game": "patch_hinge", "weight": 0.0}, "It learned without a critic."),
        ({"game": "multi_scale", "weight": 0.05}, "It learned against a critic (multi scale, weight 0.05)."),
        (None, ""),
    ],
)
def test_card__says_whether_a_critic_played(critic, words):
    assert critic_words({"training": {"steps": 1, "settings": {"critic": critic} if critic else {}}}) == words


def test_masking__is_formed_from_sums():
    """Of two deployments the one with more cells weighs more; a source that never sounds has no share."""
    pairs = [("a", "b", 10, 100), ("b", "a", 10, 20), ("a", "c", 0, 100), ("c", "a", 0, 0)]
    table = pd.DataFrame(pairs, columns=list(MASKING_COLUMNS))
    shares = masked_shares(
        [("A", table), ("B", table.assign(both_cells=0, source_cells=table["source_cells"] * 9))], "abc"
    )
    assert shares[0, 1] == pytest.approx(10 / 1000) and shares[1, 0] == pytest.approx(10 / 200)
    assert np.isnan(shares[2, 0]) and np.isnan(np.diag(shares)).all() and shares[0, 2] == 0
    view = masking_view(shares, ("a", "b", "c"), {"b": {"common_name": "great tit"}})
    assert view["by"] == ["a", "great tit", "c"]
    assert view["rows"][1]["cells"][0].text == "5.0\N{NO-BREAK SPACE}%" and view["rows"][2]["cells"][0].text == "–"

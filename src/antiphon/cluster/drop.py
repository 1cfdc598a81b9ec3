"""``antiphon drop``: which cells of stores can be made again, what that would cost, and away with them.

Stores become hollow (:mod:`antiphon.io.stores.hollow`): they still stand for every stage, so nothing is made again
because of it. Tables, pages, models and sums are never dropped.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from antiphon.cluster.standing import Season, season_of
from antiphon.io.locks import only_writer
from antiphon.io.records import read_record
from antiphon.io.season.catalogue import read_manifest
from antiphon.io.stores.hollow import cell_bytes, drop_cells
from antiphon.io.stores.spectrograms import open_store
from antiphon.planning.costs import COSTS, network_work
from antiphon.planning.season import BatchWork, SeasonWork
from antiphon.progress import track

__all__ = ["run"]


def run(
    *,
    configfile: list[Path],
    defaults: Path = Path("config/config.yaml"),
    yes: bool = False,
    restore: bool = False,
) -> None:
    """List the cells of a season's stores that can be made again and may go, and with --yes drop them.

    Only what `storage` says may go does, and only where all that is made from it stands: tables and page of the
    season, separations of all its models, and for levels the recordings themselves.

    Parameters
    ----------
    configfile
        Your settings files, as you name them to Snakemake.
    defaults
        Settings file that yours are laid over.
    yes
        Whether to drop what is listed; without it nothing is touched.
    restore
        Whether to remove hollow stores instead, so that Snakemake can make them anew; with --yes as well.

    Raises
    ------
    AntiphonError
        If the settings are wrong, or if there is no catalogue yet.
    """
    season = season_of(defaults, configfile)
    products = list(_products(season))
    if restore:
        _restore(products, yes=yes)
        return
    found = [_finding(product) for product in products]
    print("\n".join(_page(season.settings.season, found, yes=yes)))
    for one in found if yes else ():
        for record, stores in track(one.going.items(), f"drop {one.product.name}", total=len(one.going), lines=False):
            with only_writer(record):
                for path in stores:
                    drop_cells(path)


@dataclass(frozen=True)
class _Product:
    """Stores of one kind.

    Attributes
    ----------
    name
        What they are.
    rule
        The rule that makes them.
    may_go
        Whether the settings let them go.
    core_s_per_hour
        Seconds of a core that each hour of sound takes to be made again.
    batches
        Record of each batch, its hours, and why its stores must stay; empty: they may go.
    """

    name: str
    rule: str
    may_go: bool
    core_s_per_hour: float
    batches: Sequence[tuple[Path, float, str]]

    def stores(self, record: Path) -> list[Path]:
        """Return the stores of a batch that are there."""
        listed = [record.parent / unit.store for unit in read_record(record).units] if record.exists() else []
        return [path for path in listed if path.is_dir()]


@dataclass(frozen=True)
class _Finding:
    """What was found of one product: stores that go, by record; their bytes and hours; bytes that stay, and why."""

    product: _Product
    going: dict[Path, list[Path]]
    going_bytes: int
    staying_bytes: int
    hours: float
    reasons: list[str]


def _products(season: Season) -> Iterator[_Product]:
    """Yield the kinds of stores that a season has."""
    storage, work, costs = season.settings.storage, season.work(), COSTS["infer"]
    batches = [(batch, _unfinished(batch, work)) for batch in work.batches]
    levels = [
        (season.folder / "stft" / f"{one.name}.json", one.hours, why or _lost(season, one)) for one, why in batches
    ]
    yield _Product("levels", "stft", storage.levels == "drop", COSTS["stft"].core_s, levels)
    for model in work.models:
        place = season.folder / "infer" / model.name
        found = [(place / f"{one.name}.json", one.hours, why) for one, why in batches]
        core_s = costs.core_s + costs.network_core_s * network_work(model.network, model.widths)
        yield _Product(f"probabilities {model.name}", "infer", storage.probabilities == "drop", core_s, found)


def _unfinished(batch: BatchWork, work: SeasonWork) -> str:
    """Return what is still to be made from a batch's stores, or nothing."""
    tables = {batch.deployment, *((batch.deployment, model.name) for model in work.models)}
    if batch.stft_left or any(batch.infer_left.values()):
        return "not all of it is separated"
    if not tables <= work.tabled:
        return "it has no tables yet"
    return "" if work.reported else "the season has no page yet"


def _lost(season: Season, batch: BatchWork) -> str:
    """Return which recording of a batch is no longer where it was, or nothing."""
    if season.settings.storage.levels == "keep":
        return ""
    root = Path(season.settings.seasons[season.settings.season].audio_root)
    manifest = read_manifest(season.folder / "catalogue" / "manifests" / f"{batch.name}.json")
    for row in (row for rows in manifest.units.values() for row in rows):
        path = root / row.path
        if not path.exists() or path.stat().st_size != row.bytes:
            return f"{path} is not there as it was"
    return ""


def _finding(product: _Product) -> _Finding:
    """Return what of a product goes and what stays."""
    going: dict[Path, list[Path]] = {}
    going_bytes, staying_bytes, hours, reasons = 0, 0, 0.0, []
    for record, batch_hours, why in product.batches:
        sizes = {path: size for path in product.stores(record) if (size := cell_bytes(path))}
        if sizes and product.may_go and not why:
            going[record] = list(sizes)
            going_bytes += sum(sizes.values())
            hours += batch_hours
        elif sizes:
            staying_bytes += sum(sizes.values())
            reasons += [f"{record.stem}: {why}"] if product.may_go else []
    return _Finding(product, going, going_bytes, staying_bytes, hours, reasons)


def _page(season: str, found: Sequence[_Finding], *, yes: bool) -> list[str]:
    """Return what goes as lines of text."""
    lines = [f"season {season}: cells of stores"]
    lines.append(f"{'product':<28}{'stores':>8}{'goes':>12}{'stays':>12}   made again by")
    for one in found:
        product, stores = one.product, sum(map(len, one.going.values()))
        cost = f"{product.rule}, {one.hours * product.core_s_per_hour / 3600:.1f} core hours"
        by = cost if product.may_go else f"- (storage.{product.name.split()[0]}: keep)"
        sizes = f"{one.going_bytes / 1e9:>9.3f} GB{one.staying_bytes / 1e9:>9.3f} GB"
        lines.append(f"{product.name:<28}{stores:>8}{sizes}   {by}")
        lines += [f"  stays: {reason}" for reason in one.reasons]
    total = sum(one.going_bytes for one in found) / 1e9
    told = f"dropping {total:.3f} GB" if yes else f"nothing was dropped; with --yes {total:.3f} GB go"
    return [*lines, told if total else "nothing to drop"]


def _restore(products: Sequence[_Product], *, yes: bool) -> None:
    """Remove hollow stores, and say which rules make them anew."""
    rules = []
    for product in products:
        stores = [path for record, _, _ in product.batches for path in product.stores(record)]
        hollow = [path for path in stores if open_store(path).is_hollow]
        for path in hollow if yes else ():
            shutil.rmtree(path)
        rules += [product.rule] if hollow else []
        print(f"{product.name}: {len(hollow)} hollow stores {'removed' if yes else 'to remove'}")
    if rules:
        then = f"run Snakemake with -R {' '.join(dict.fromkeys(rules))}: what stands is not made again"
        print(f"now {then}" if yes else f"with --yes they are removed; then {then}")

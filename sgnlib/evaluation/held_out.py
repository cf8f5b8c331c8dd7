"""Held-out evaluation of one model: Table 3's losses and distances to every painter, at many S.

Made for models of real images, whose results are kept as a CSV file: a line per S that says which
data, perceptual network, machine and time it stands for.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from jaxtyping import Float
from torch import Tensor

from sgnlib import paths
from sgnlib.evaluation.images import eval_images, eval_photos
from sgnlib.evaluation.kid import Vectors, kid
from sgnlib.evaluation.labels import domain_names, sym_label, title
from sgnlib.evaluation.tables import loss_columns, loss_table, own_corner
from sgnlib.evaluation.translate import Points, translate
from sgnlib.experiments import Adversarial, CycleAdversarial
from sgnlib.nn.vgg import VGGFeatures
from sgnlib.shapes import Images
from sgnlib.storage import atomic_write
from sgnlib.sym import centre, corners, edge_midpoints
from sgnlib.training.runs import Run

PHOTOS = "photos"
"""The row of the untranslated photos: what there is to improve on."""

TAPS = ("relu3_3", "relu4_3")
"""What KID looks at: textures and what is made of them."""


RESULTS = paths.ROOT / "data" / "results" / "real_images.csv"
"""The committed results of models of real images."""


def points(domains: int) -> Points:
    """Where models are judged: corners, middles of the edges, centre."""
    return torch.cat([corners(domains), edge_midpoints(domains), centre(domains)])


def held_out(
    run: Run, network: VGGFeatures, syms: Points, count: int | None = None
) -> pd.DataFrame:
    """Losses on test photos and KID to each adversarial domain's test images.

    Args:
        run: A finished run.
        network: Its features serve KID.
        syms: S of the rows, after a first row for the photos themselves.
        count: Images of every domain that take part; all test images if None.

    Returns:
        Columns S, L_G and a loss per domain (not for the photos), and per adversarial domain KID
        with its 95 % interval and the number of images: photos against domain.
    """
    row = run.experiment
    photos = eval_photos(row, count)
    generator = run.generator()
    pictures = {PHOTOS: photos}
    pictures |= {sym_label(s.tolist()): translate(generator, photos, s[None]) for s in syms}
    seen = {name: _pooled(network, images) for name, images in pictures.items()}
    mean, scale = seen[PHOTOS].mean(dim=0), seen[PHOTOS].std(dim=0) + 1e-6
    losses = loss_table(run, syms, count=count).drop(columns="seed").set_index("S")
    table = losses.reindex(list(pictures))
    for domain in row.domains:
        if isinstance(domain, Adversarial | CycleAdversarial):
            images = eval_images(row, domain.data, count)
            target = (_pooled(network, images) - mean) / scale
            found = [kid((x - mean) / scale, target) for x in seen.values()]
            name = f"KID {title(domain.data)}"
            table[name] = [one.value for one in found]
            table[f"{name} low"] = [one.low for one in found]
            table[f"{name} high"] = [one.high for one in found]
            table[f"{name} images"] = f"{len(photos)} x {len(images)}"
    return table.rename_axis("S").reset_index()


def record(table: pd.DataFrame, run: Run, network: VGGFeatures, file: Path) -> Path:
    """Writes a table into a file of results, in place of what it says of the same model and seed.

    Args:
        table: From `held_out`.
        run: The run it is of.
        network: The one that served KID.
        file: A .csv file, new or from earlier calls.
    """
    row, info = run.experiment, run.info
    own = dict(row.images)
    names = dict.fromkeys([row.source, *domain_names(row)])
    size = f"{row.image_size} px, ngf {row.ngf}, {row.n_blocks} blocks, batch {row.batch_size}"
    about = {
        "model": row.name,
        "seed": row.seed,
        "injection": row.injection,
        "images": ", ".join(f"{n} ({'own' if n in own else 'painted'})" for n in names),
        "size": size,
        "steps": info["steps"],
        "seconds": info["seconds"],
        "device": info["device"],
        "perceptual network": run.features_kind,
        "distances on": f"{network.kind}, {' and '.join(TAPS)}",
    }
    lines = table.assign(**about)
    if file.is_file():
        before = pd.read_csv(file)
        same = (before["model"] == row.name) & (before["seed"] == row.seed)
        lines = pd.concat([before[~same], lines], ignore_index=True)
    lines = lines[[*about, *(column for column in lines if column not in about)]]
    text = lines.to_csv(index=False, float_format="%.5g", lineterminator="\n")
    return atomic_write(file, text.encode())


def results(file: Path = RESULTS) -> dict[str, pd.DataFrame]:
    """The tables in a file of results by model (first seed), S as index, without empty columns."""
    lines = pd.read_csv(file)
    first = lines[lines["seed"] == lines.groupby("model")["seed"].transform("min")]
    return {
        str(model): table.set_index("S").dropna(axis=1, how="all")
        for model, table in first.groupby("model", sort=True)
    }


def own_corners(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Whether every loss is least at its own corner: a row per model and loss.

    Args:
        tables: From `results`.
    """
    rows: dict[str, Any] = {}
    for model, table in tables.items():
        losses = table.drop(index=PHOTOS)[[c for c in table if str(c).startswith("L_")]]
        judged = own_corner(losses, points(losses.shape[1] - 1))
        rows |= {f"{model} {loss}": judged.loc[loss] for loss in judged.index}
    return pd.DataFrame(rows).T


def deaf_to_sym(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Whether every loss is the same at all S, as CONCAT's must be: a row per model and loss.

    It holds where least and most agree to 1e-4.

    Args:
        tables: From `results`.
    """
    rows: dict[str, Any] = {}
    for model, table in tables.items():
        for loss in loss_columns(table):
            least, most = table[loss].min(), table[loss].max()
            alike = bool(most - least <= 1e-4 * most)
            rows[f"{model} {loss}"] = {"least": least, "most": most, "holds": alike}
    return pd.DataFrame(rows).T


def distances_fall(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Whether KID falls from the first corner to the painter's: a row per model and painter.

    It holds where the interval at the painter's corner lies below the one at the first corner.

    Args:
        tables: From `results`.
    """
    rows: dict[str, Any] = {}
    for model, table in tables.items():
        columns = [str(column) for column in table]
        domains = loss_columns(table)
        for loss in (name for name in domains if name.startswith("L_adv")):
            painter = next(c for c in columns if c.startswith("KID") and _painter(loss) in c)
            ends = corners(len(domains))[[0, domains.index(loss)]].tolist()
            first, own = map(sym_label, ends)
            kid, low, high = (
                table[column].astype(float)
                for column in (painter, f"{painter} low", f"{painter} high")
            )
            rows[f"{model} {painter}"] = {
                "photos": kid[PHOTOS],
                "first corner": kid[first],
                "own corner": kid[own],
                "holds": bool(high[own] < low[first]),
            }
    return pd.DataFrame(rows).T


def _painter(loss: str) -> str:
    """ "L_adv Monet" names its painter; "L_adv" alone is the only one."""
    return loss.removeprefix("L_adv").strip()


@torch.no_grad()
def _pooled(network: VGGFeatures, images: Images) -> Vectors:
    """Means over the picture of the features at TAPS, one vector per image."""
    return torch.cat([_means(network, part) for part in images.split(32)])


def _means(network: VGGFeatures, images: Images) -> Float[Tensor, "batch channels"]:
    features = network(images)
    return torch.cat([features[tap].mean(dim=(2, 3)) for tap in TAPS], dim=1)

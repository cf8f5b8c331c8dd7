"""Kernel inception distance (Binkowski et al. 2018) on the features at hand, with an interval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float
from torch import Tensor

from sgnlib.evaluation.classifier import classifier_of
from sgnlib.evaluation.images import eval_images, eval_photos
from sgnlib.evaluation.labels import sym_label, title
from sgnlib.evaluation.translate import Points, translate
from sgnlib.sym import corners
from sgnlib.training.runs import Run

Vectors = Float[Tensor, "images channels"]
"""One feature vector per image."""


@dataclass(frozen=True)
class Kid:
    """An estimate, possibly negative, and the interval that holds it with 95 %."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


def kernel(x: Float[Tensor, "m channels"], y: Float[Tensor, "n channels"]) -> Float[Tensor, "m n"]:
    """The cubic polynomial kernel of KID: (x . y / channels + 1)^3."""
    return (x @ y.T / x.shape[1] + 1) ** 3


def kid(x: Vectors, y: Float[Tensor, "others channels"], halves: int = 400, seed: int = 0) -> Kid:
    """Unbiased squared MMD between two sets of features.

    The interval spans 95 % of the estimates from random halves of both sets. (Half of a sample
    scatters about the whole as the whole does about the truth: 1/(n/2) - 1/n = 1/n.)

    Args:
        x: Features of one set, at least four images.
        y: Features of the other set, at least four images.
        halves: How many random halves make the interval.
        seed: Chooses the halves.

    Raises:
        ValueError: A set has fewer than four images.
    """
    if min(len(x), len(y)) < 4:
        raise ValueError(f"KID needs at least 4 images in each set; got {len(x)} and {len(y)}")
    xx, yy, xy = (kernel(a.double(), b.double()) for a, b in ((x, x), (y, y), (x, y)))
    rng = np.random.default_rng(seed)
    i, j = torch.zeros(halves, len(x)).double(), torch.zeros(halves, len(y)).double()
    for half in range(halves):
        i[half, rng.permutation(len(x))[: len(x) // 2]] = 1
        j[half, rng.permutation(len(y))[: len(y) // 2]] = 1
    low, high = np.quantile(_unbiased(xx, yy, xy, i, j), (0.025, 0.975))
    whole = _unbiased(xx, yy, xy, torch.ones_like(i[:1]), torch.ones_like(j[:1]))
    return Kid(float(whole), float(low), float(high))


def transfer_table(run: Run, domain: int, count: int | None = None) -> pd.DataFrame:
    """KID between translated photos and a target domain, on the way to its corner.

    The way starts at the run's first domain (reconstruction in Models 1 to 3) and ends at the
    target's corner; `input` is the distance of the photos themselves. The features are those of
    the domain classifier.

    Args:
        run: A finished run.
        domain: Position in S of an adversarial domain, not 0.
        count: Photos and target images that take part; all test images if None.
    """
    experiment = run.experiment
    classifier = classifier_of(experiment)
    target = classifier.features(eval_images(experiment, experiment.domains[domain].data, count))
    photos = eval_photos(experiment, count)
    start, end = corners(len(experiment.domains))[[0, domain]]
    rows = {"input": kid(classifier.features(photos), target)}
    generator = run.generator()
    for share in (0.0, 0.5, 1.0):
        outputs = translate(generator, photos, ((1 - share) * start + share * end)[None])
        rows[f"{share:g}"] = kid(classifier.features(outputs), target)
    frame = pd.DataFrame([vars(k) for k in rows.values()], index=pd.Index(rows, name="weight"))
    return frame.rename(columns={"value": "KID"}).assign(seed=experiment.seed)


def kid_table(
    run: Run, domains: Sequence[int], syms: Points, count: int | None = None
) -> pd.DataFrame:
    """KID of photos and of their translations at any S to several target domains.

    Args:
        run: A finished run.
        domains: Positions in S of adversarial domains: the columns.
        syms: The rows, after one for the photos themselves.
        count: Photos and target images that take part; all test images if None.
    """
    experiment = run.experiment
    classifier, generator = classifier_of(experiment), run.generator()
    photos = eval_photos(experiment, count)
    pictures = {"photos": photos}
    pictures |= {sym_label(s.tolist()): translate(generator, photos, s[None]) for s in syms}
    features = {name: classifier.features(images) for name, images in pictures.items()}
    columns = {}
    for domain in domains:
        name = experiment.domains[domain].data
        target = classifier.features(eval_images(experiment, name, count))
        columns[f"KID to {title(name)}"] = {s: kid(x, target).value for s, x in features.items()}
    return pd.DataFrame(columns).rename_axis("S")


def falls(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Whether KID falls on the way from the first corner to each domain's own.

    It holds where it does in every seed and the last interval lies below the first.

    Args:
        tables: Per domain, tables of `transfer_table`, several seeds below each other.
    """
    rows = {}
    for domain, table in tables.items():
        first, last = table.loc[["0"]], table.loc[["1"]]
        rows[f"KID to {title(domain)}"] = {
            "photos": table.loc[["input"], "KID"].mean(),
            "first corner": first["KID"].mean(),
            "own corner": last["KID"].mean(),
            "holds": bool((last["high"].to_numpy() < first["low"].to_numpy()).all()),
        }
    return pd.DataFrame(rows).T


def _unbiased(
    xx: Float[Tensor, "m m"],
    yy: Float[Tensor, "n n"],
    xy: Float[Tensor, "m n"],
    i: Float[Tensor, "samples m"],
    j: Float[Tensor, "samples n"],
) -> Float[Tensor, " samples"]:
    """Estimates from samples, given as 1 for every image that is in and 0 for the others."""
    m, n = i.sum(dim=1), j.sum(dim=1)
    within_x = ((i @ xx * i).sum(dim=1) - i @ xx.diag()) / (m * (m - 1))
    within_y = ((j @ yy * j).sum(dim=1) - j @ yy.diag()) / (n * (n - 1))
    return within_x + within_y - 2 * (i @ xy * j).sum(dim=1) / (m * n)

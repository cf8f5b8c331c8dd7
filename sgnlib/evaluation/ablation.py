"""Figs. 8 and 11 in numbers: what S changes, what leaks in, and whether mixtures lean.

All three are computed the same way for CCAM, CBN and CONCAT.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Literal

import pandas as pd
import torch

from sgnlib.datasets.catalog import load_style
from sgnlib.datasets.sampling import to_images
from sgnlib.evaluation.classifier import classifier_of
from sgnlib.evaluation.images import eval_photos
from sgnlib.evaluation.translate import Mixes, Points, mixes
from sgnlib.experiments import Experiment, Perceptual
from sgnlib.losses.perceptual import gram, weighted_style
from sgnlib.losses.reconstruction import l1
from sgnlib.nn.backbone import build_features
from sgnlib.shapes import Images, PerImage
from sgnlib.sym import corners, edge_midpoints
from sgnlib.training.runs import Run

Likeness = Callable[[Images], PerImage]
"""How much a picture looks like a domain: 0 not at all, 1 entirely."""

ALIKE = 1 / 255
"""Mean L1 in [0, 1] below which two pictures are alike: one step of 8-bit colour."""


def ablation_table(runs: Sequence[Run], photos: int | None = None) -> pd.DataFrame:
    """One row per run: injection, seed and the measures of this module.

    Args:
        runs: Runs that differ in injection and seed only.
        photos: How many test photos; all if None.
    """
    rows = []
    for run in runs:
        experiment = run.experiment
        inputs = eval_photos(experiment, photos)
        at = _all_points(len(experiment.domains))
        outputs = mixes(run.generator(), inputs, at)
        leaks = leak_table(experiment, inputs, outputs, at)
        rows.append(
            {
                "injection": experiment.injection,
                "seed": experiment.seed,
                **change_with_sym(inputs, outputs[: len(experiment.domains)]),
                "leak": leaks["leak"].mean(),
                "own": leaks["own"].mean(),
                "separation": leaks["separation"].mean(),
                "lean": lean(outputs, at),
            }
        )
    return pd.DataFrame(rows)


def change_with_sym(photos: Images, outputs: Mixes) -> dict[str, float]:
    """How much the picture of a photo changes from corner to corner of S.

    Returns:
        `change`: mean L1 in [0, 1] between the outputs of two corners, over pairs and photos;
        `share`: the same as a share of the mean L1 between input and output.
    """
    pairs = list(itertools.combinations(outputs / 2, 2))
    change = torch.stack([l1(a, b) for a, b in pairs]).mean()
    from_input = torch.stack([l1(out / 2, photos / 2) for out in outputs]).mean()
    return {"change": float(change), "share": float(change / from_input)}


def leak_table(
    experiment: Experiment, photos: Images, outputs: Mixes, syms: Points
) -> pd.DataFrame:
    """Per domain: how much pictures look like it at its own corner, and where its weight is zero.

    A domain of images is measured by the domain classifier: its probability of that domain. A
    style image is measured by style distance, the weighted Gram distance of L_per: what share
    of the photo's own distance to the style image the translation has covered, cut to [0, 1].

    Returns:
        Columns domain, `own` (at S_k = 1), `leak` (mean over all given S with s_k = 0; best is
        0) and `separation` (own - leak; best is 1).
    """
    rows = []
    for k, domain in enumerate(experiment.domains):
        like = likeness(experiment, k, photos)
        without = (syms[:, k] == 0).nonzero().flatten()
        corner = int(syms[:, k].argmax())
        own = float(like(outputs[corner]).mean())
        leak = float(torch.stack([like(outputs[i]).mean() for i in without]).mean())
        rows.append({"domain": domain.data, "own": own, "leak": leak, "separation": own - leak})
    return pd.DataFrame(rows)


def likeness(experiment: Experiment, position: int, photos: Images) -> Likeness:
    """How to measure whether translations of these photos look like a domain of the run."""
    domain = experiment.domains[position]
    if isinstance(domain, Perceptual):
        distance = style_distance(experiment, domain)
        start = distance(photos)
        return lambda outputs: (1 - distance(outputs) / start).clamp(0, 1)
    classifier = classifier_of(experiment)
    label = classifier.domains.index(domain.data)
    return lambda outputs: classifier.probabilities(outputs)[:, label]


def style_distance(experiment: Experiment, domain: Perceptual) -> Likeness:
    """The weighted Gram distance of L_per between pictures and the domain's style image."""
    features = build_features(experiment)
    file = dict(experiment.images).get(domain.data)
    style = to_images(load_style(domain.data, experiment.image_size, file=file))
    with torch.no_grad():
        targets = {tap: gram(f) for tap, f in features(style).items()}

    @torch.no_grad()
    def distance(images: Images) -> PerImage:
        parts = images.split(16)
        return torch.cat([weighted_style(features(x), targets, domain.style) for x in parts])

    return distance


def lean(outputs: Mixes, syms: Points) -> float:
    """How much pictures halfway between two corners lean to one of them: 0 balanced, 1 entirely.

    With d_i the L1 distance to the picture at corner i, it is |d_1 - d_2| / (d_1 + d_2),
    averaged over pairs of corners and photos. Not defined (nan) where all pictures are alike.
    """
    values = []
    for index, sym in enumerate(syms.tolist()):
        if sorted(sym)[-2:] == [0.5, 0.5]:
            ends = [_row_of_corner(syms, k) for k, s in enumerate(sym) if s == 0.5]
            to_first, to_second = (l1(outputs[index], outputs[end]) for end in ends)
            total = to_first + to_second
            values.append(((to_first - to_second).abs() / total)[total > 1e-3])
    found = torch.cat(values)
    return float(found.mean()) if len(found) else float("nan")


# ------------------------------------------------------------------------ the paper's statements


def compared(
    table: pd.DataFrame, column: str, first: str, sign: Literal["<", ">"], *others: str
) -> pd.DataFrame:
    """Compares injections in one measure of `ablation_table`: the means, and seed by seed.

    Args:
        table: The measures, a row per injection and seed.
        column: The measure.
        first: The injection that the statement is about.
        sign: Whether its value should be the smaller or the larger one.
        others: Those it is compared with.

    Returns:
        Two rows for each of the others: one `holds` if the means are so, the other if they are so
        in more than half of the seeds. A measure that is not defined (nan) compares as false.
    """
    wide = table.pivot_table(index="seed", columns="injection", values=column, dropna=False)
    rows: dict[str, dict[str, object]] = {}
    for other in others:
        ours, theirs = wide[first], wide[other]
        better = ours < theirs if sign == "<" else ours > theirs
        mean = ours.mean() < theirs.mean() if sign == "<" else ours.mean() > theirs.mean()
        name = f"{column}, {first} {sign} {other}"
        rows[name] = {first: ours.mean(), other: theirs.mean(), "holds": bool(mean)}
        seeds = f"{int(better.sum())} of {len(better)}"
        rows[f"{name}, seeds"] = {"so in": seeds, "holds": bool(better.mean() > 0.5)}
    return pd.DataFrame(rows).T


def alike(table: pd.DataFrame, injection: str) -> pd.DataFrame:
    """Whether an injection's pictures are alike at all corners: a change nobody can see."""
    change = table.loc[table["injection"] == injection, "change"].max()
    row = {"largest change of a pixel": change, "holds": bool(change < ALIKE)}
    return pd.DataFrame({injection: row}).T


def _all_points(domains: int) -> Points:
    return torch.cat([corners(domains), edge_midpoints(domains)])


def _row_of_corner(syms: Points, position: int) -> int:
    return int((syms[:, position] == 1).nonzero()[0])

"""Statements about S, its pictures and Fig. 7 as numbers: tables with a column `holds`.

`ClaimBook.judge` turns such a table into a verdict. Others stand beside their measures: those of
Table 3 in `tables.py`, of transfer in `kid.py`, of Figs. 8 to 11 in `ablation.py` and `gates.py`.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import torch
from jaxtyping import Float
from torch import Tensor

from sgnlib.datasets.catalog import load_style
from sgnlib.datasets.sampling import to_images
from sgnlib.evaluation.ablation import change_with_sym
from sgnlib.evaluation.classifier import DomainClassifier, classifier_of
from sgnlib.evaluation.images import eval_images, eval_photos
from sgnlib.evaluation.labels import sym_label, title
from sgnlib.evaluation.translate import Points, mixes, translate
from sgnlib.experiments import Experiment, Perceptual
from sgnlib.losses.reconstruction import l1
from sgnlib.shapes import Images, PerImage
from sgnlib.sym import corners
from sgnlib.training.runs import Run

VISIBLE = 0.02
"""Mean L1 in [0, 1] from which on two pictures differ at a glance: five steps of 8-bit colour."""

# ------------------------------------------------------------------------------ the idea, Sec. 3.1


def dirichlet_shapes(draws: Mapping[float, Points]) -> pd.DataFrame:
    """Eq. (2): per alpha, how far from 1 a sum is, and how often S is near corner or centre.

    Args:
        draws: alpha to draws of S. S counts as near a corner where one weight exceeds 0.8, as
            near the centre where none exceeds 0.5.
    """
    rows = {
        f"alpha {alpha:g}": {
            "largest error of the sum": float((sym.sum(dim=1) - 1).abs().max()),
            "smallest weight": float(sym.min()),
            "near a corner": float((sym.max(dim=1).values > 0.8).float().mean()),
            "near the centre": float((sym.max(dim=1).values < 0.5).float().mean()),
        }
        for alpha, sym in sorted(draws.items())
    }
    frame = pd.DataFrame(rows).T
    corner = frame["near a corner"]
    falling = corner.is_monotonic_decreasing and corner.iloc[0] > corner.iloc[-1]
    on_simplex = (frame["largest error of the sum"] < 1e-5) & (frame["smallest weight"] >= 0)
    frame["holds"] = on_simplex & falling
    return frame


def control(run: Run, count: int | None = None) -> pd.DataFrame:
    """How much one network's pictures of the same photos change from corner to corner of S."""
    photos = eval_photos(run.experiment, count)
    outputs = mixes(run.generator(), photos, corners(len(run.experiment.domains)))
    change = change_with_sym(photos, outputs)["change"]
    rows = {"mean change of a pixel": {"between corners": change, "holds": change > VISIBLE}}
    return pd.DataFrame(rows).T


# ------------------------------------------------------------- between and beyond corners, Fig. 1


def palette(images: Images) -> Float[Tensor, "batch 3 pixels"]:
    """The values of each colour channel in order: what colours there are, not where."""
    return images.flatten(2).sort(dim=2).values


def palette_distance(
    one: Float[Tensor, "batch 3 pixels"], other: Float[Tensor, "others 3 pixels"]
) -> PerImage:
    """1-Wasserstein distance between colour histograms in [0, 1], averaged over R, G, B.

    Args:
        one: Palettes of pictures.
        other: As many, or a single one for all.
    """
    return (one - other).abs().mean(dim=(1, 2)) / 2


def palette_table(run: Run, syms: Points, count: int | None = None) -> pd.DataFrame:
    """Whose colours the pictures have at each S: their own photo's, or the styles'? Photos first.

    The palette of the styles is the mean of those of all domains but the first: of a domain's
    test images, or of a style image. It holds where the styles' is nearer.
    """
    experiment = run.experiment
    photos = eval_photos(experiment, count)
    styles = torch.stack([_mean_palette(experiment, d.data) for d in experiment.domains[1:]])
    own, style = palette(photos), styles.mean(dim=0, keepdim=True)
    pictures = {"photos": photos}
    pictures |= {
        sym_label(sym.tolist()): translate(run.generator(), photos, sym[None]) for sym in syms
    }
    rows = {}
    for name, images in pictures.items():
        to_own, to_style = (palette_distance(palette(images), p).mean() for p in (own, style))
        rows[name] = {
            "to the photo": float(to_own),
            "to the styles": float(to_style),
            "holds": bool(to_style < to_own),
        }
    return pd.DataFrame(rows).T.rename_axis("S")


def _mean_palette(experiment: Experiment, domain: str) -> Float[Tensor, "3 pixels"]:
    if any(isinstance(d, Perceptual) and d.data == domain for d in experiment.domains):
        file = dict(experiment.images).get(domain)
        return palette(to_images(load_style(domain, experiment.image_size, file=file)))[0]
    return palette(eval_images(experiment, domain)).mean(dim=0)


def extrapolation_table(
    run: Run, domain: int, beyond: float = 1.5, count: int | None = None
) -> pd.DataFrame:
    """Whether a domain's style grows when its weight leaves the simplex: (0, 1, 0) to (0, 1.5, 0).

    Judged by the domain classifier, in two ways. *Odds*: log-odds of the domain against the
    input's. *Way*: how far the features go on in the direction that led from the first corner to
    the domain's, as a share of that way; 0 stands still, 0.5 would be as far as the weight goes.

    Args:
        run: A finished run.
        domain: Position in S of a domain of images, not 0.
        beyond: The weight outside the simplex.
        count: Test photos; all if None.
    """
    experiment = run.experiment
    classifier, generator = classifier_of(experiment), run.generator()
    photos = eval_photos(experiment, count)
    names = (experiment.domains[domain].data, experiment.source)
    to, source = (classifier.domains.index(name) for name in names)
    first, own = corners(len(experiment.domains))[[0, domain]]
    pictures = [translate(generator, photos, s[None]) for s in (first, own, beyond * own)]
    start, at, outside = (classifier.features(images) for images in pictures)
    way, further = at - start, outside - at
    share = (further * way).sum(dim=1) / way.square().sum(dim=1).clamp_min(1e-12)
    odds, odds_outside = (
        float(_log_odds(classifier, images, to, source).mean()) for images in pictures[1:]
    )
    gained, grows = float(share.mean()), float((share > 0).float().mean())
    rows: dict[str, dict[str, object]] = {
        "odds": {
            "weight 1": odds,
            f"weight {beyond:g}": odds_outside,
            "holds": odds_outside > odds,
        },
        "way": {"further by": gained, "in photos": grows, "holds": gained > 0.05},
    }
    return pd.DataFrame(rows).T.rename_axis(f"style of {title(names[0])}")


@torch.no_grad()
def _log_odds(classifier: DomainClassifier, images: Images, to: int, source: int) -> PerImage:
    logits = classifier(images)
    return logits[:, to] - logits[:, source]


# ------------------------------------------------------------ data sets against losses, Fig. 7


def reconstruction_table(runs: Mapping[str, Run], inputs: Mapping[str, Images]) -> pd.DataFrame:
    """Fig. 7 in numbers: how far the pictures at S = (1, 0, ...) are from their inputs.

    Args:
        runs: Name to run, of the same size.
        inputs: Name to images, e.g. test photos and paintings.

    Returns:
        A row per input and run: `L1` in [0, 1]; `L1, brightness fitted`, the same after a factor
        for the picture and a constant for each colour, which the generator cannot know; and
        `like photos`, the classifier's probability of the input's domain (`input like photos`
        is that of the images before).
    """
    rows = []
    for shown, images in inputs.items():
        for name, run in runs.items():
            classifier = classifier_of(run.experiment)
            photo = classifier.domains.index(run.experiment.source)
            corner = corners(len(run.experiment.domains))[:1]
            output = translate(run.generator(), images, corner)
            rows.append(
                {
                    "input": shown,
                    "model": name,
                    "L1": float(l1(output, images).mean()) / 2,
                    "L1, brightness fitted": float(l1(fitted(output, images), images).mean()) / 2,
                    "like photos": float(classifier.probabilities(output)[:, photo].mean()),
                    "input like photos": float(classifier.probabilities(images)[:, photo].mean()),
                }
            )
    return pd.DataFrame(rows)


def fitted(output: Images, target: Images) -> Images:
    """The output with the factor (one) and the constants (one per colour) nearest the target."""
    means = [x.mean(dim=(2, 3), keepdim=True) for x in (output, target)]
    out, wanted = output - means[0], target - means[1]
    power = out.square().sum(dim=(1, 2, 3), keepdim=True).clamp_min(1e-12)
    return (out * wanted).sum(dim=(1, 2, 3), keepdim=True) / power * out + means[1]


def nearer(table: pd.DataFrame, shown: str, column: str = "L1") -> pd.DataFrame:
    """Whether the first model of a `reconstruction_table` is nearer to that input than others."""
    values = table[table["input"] == shown].set_index("model")[column]
    row: dict[str, object] = {str(name): float(value) for name, value in values.items()}
    row["holds"] = bool(values.idxmin() == values.index[0])
    return pd.DataFrame({f"{column} of {shown}": row}).T

"""Table 3: what a trained model's losses are on test images, at any S, next to other models."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd
import torch
from jaxtyping import Float
from torch import Tensor

from sgnlib.evaluation.images import eval_images, eval_photos
from sgnlib.evaluation.labels import loss_names, sym_label
from sgnlib.evaluation.translate import Points
from sgnlib.experiments import Experiment
from sgnlib.shapes import Images, PerDomain
from sgnlib.training.objectives import Networks
from sgnlib.training.runs import Run
from sgnlib.training.step import domain_losses
from sgnlib.training.trainer import build_objectives


def loss_table(
    run: Run, syms: Points, *, judge: Run | None = None, count: int | None = None
) -> pd.DataFrame:
    """Test-set means of L_G and of every L_k at each S: the rows of Table 3 for one model.

    L_adv includes 5 x identity on test images of the domain; domains without enough images start
    over from the first.

    Args:
        run: The model.
        syms: The S to judge it at.
        judge: Another run of the same domains whose discriminators judge (default: its own).
        count: Test photos; all if None.

    Returns:
        Columns S, seed, L_G and one per domain (`loss_names`).
    """
    experiment = run.experiment
    networks = run.networks()
    if judge is not None:
        networks = replace(networks, discriminators=judge.networks().discriminators)
    photos = eval_photos(experiment, count)
    reals = {
        domain.data: _repeated(eval_images(experiment, domain.data), len(photos))
        for one, domain in zip(
            build_objectives(experiment, networks), experiment.domains, strict=True
        )
        if one.has_discriminator
    }
    rows = []
    for sym in syms:
        means = _losses(experiment, networks, photos, reals, sym[None]).mean(dim=0)
        named = dict(zip(loss_names(experiment), means.tolist(), strict=True))
        label = sym_label(sym.tolist())
        rows.append({"S": label, "seed": experiment.seed, "L_G": float(means @ sym)} | named)
    return pd.DataFrame(rows)


def compare_with_hyper(
    sym_runs: Sequence[Run],
    hyper_runs: Sequence[Sequence[Run]],
    syms: Points,
    *,
    count: int | None = None,
) -> pd.DataFrame:
    """Table 3 in long form: one sym model against one hyper-parameter model per S, per seed.

    Each model is judged by its own discriminator, as in the paper, and by the sym model's of the
    same seed (column `judge`). A hyper-parameter model with s_adv = 0 never trained its
    discriminator, so its own L_adv says nothing: `judge == "sym"` is the fair table for L_adv.
    L_G does not depend on the judge there, as L_adv has weight zero.

    Args:
        sym_runs: One per seed.
        hyper_runs: Per S, one run per seed, in the order of `sym_runs`.
        syms: The S, in the order of `hyper_runs`.
        count: Test photos; all if None.
    """
    tables = []
    for position, sym_run in enumerate(sym_runs):
        ours = loss_table(sym_run, syms, count=count).assign(model="sym")
        tables += [ours.assign(judge="own"), ours.assign(judge="sym")]
        for s, group in zip(syms, hyper_runs, strict=True):
            own = loss_table(group[position], s[None], count=count)
            fair = loss_table(group[position], s[None], judge=sym_run, count=count)
            tables += [
                own.assign(model="hyper", judge="own"),
                fair.assign(model="hyper", judge="sym"),
            ]
    return pd.concat(tables, ignore_index=True)


def spread(table: pd.DataFrame, by: Sequence[str] = ("S",)) -> pd.DataFrame:
    """Mean and standard deviation over seeds of every loss, in the order of first appearance."""
    losses = [column for column in table.columns if column.startswith("L_")]
    return table.groupby(list(by), sort=False)[losses].agg(["mean", "std"])


def ratios(long: pd.DataFrame, judge: str = "sym") -> pd.DataFrame:
    """L_G of the sym model over that of the hyper-parameter model, per S (rows) and seed.

    Args:
        long: From `compare_with_hyper`.
        judge: Whose discriminators judge: "sym" or "own".
    """
    table = long[long["judge"] == judge].pivot_table(
        index="S", columns=["model", "seed"], values="L_G", sort=False
    )
    return pd.DataFrame(table["sym"] / table["hyper"])


# ------------------------------------------------------------------------ the paper's statements


def own_corner(table: pd.DataFrame, syms: Points) -> pd.DataFrame:
    """ "Each domain yields its minimum loss value when weighted with 1" (Sec. 5.2), per loss.

    Args:
        table: Means per S, rows in the order of `syms`, a column per loss.
        syms: The S; all corners are among them.

    Returns:
        Per loss: the value at its own corner, the least of the others, and whether it `holds`.
    """
    rows = {}
    for k, loss in enumerate(_loss_columns(table)):
        values = table[loss].to_numpy()
        own = (syms[:, k] == 1).numpy()
        rows[loss] = {"own corner": values[own][0], "least elsewhere": values[~own].min()}
    frame = pd.DataFrame(rows).T
    frame["holds"] = frame["own corner"] < frame["least elsewhere"]
    return frame


def middle_between(table: pd.DataFrame, syms: Points) -> pd.DataFrame:
    """A loss weighted 0.5 "should be valued in between the values when the weight is 1 and 0".

    Every value at weight 0.5 is compared with the value at weight 1 and with the least at
    weight 0, which is more than the mean would ask.

    Args:
        table: Means per S, rows in the order of `syms`, a column per loss.
        syms: The S: corners and middles of edges.
    """
    rows = {}
    for k, loss in enumerate(_loss_columns(table)):
        values, weight = table[loss].to_numpy(), syms[:, k].numpy()
        one, half, zero = (values[abs(weight - w) < 1e-6] for w in (1.0, 0.5, 0.0))
        inside = (half > one.max()) & (half < zero.min())
        rows[loss] = {
            "weight 1": one.max(),
            "weight 0.5": half.mean(),
            "weight 0": zero.mean(),
            "inside": f"{inside.sum()} of {len(half)}",
            "holds": bool(inside.all()),
        }
    return pd.DataFrame(rows).T


def at_zero_weight(long: pd.DataFrame, syms: Points, judge: str = "sym") -> pd.DataFrame:
    """Losses with weight zero: hyper-parameter models "have a high loss", SGN a lower one.

    Returns:
        Per loss: the mean over seeds and over the S with s_k = 0, for both models, and `holds`.
    """
    fair = long[long["judge"] == judge]
    labels = [sym_label(s) for s in syms.tolist()]
    rows = {}
    for k, loss in enumerate(_loss_columns(long)):
        without = [label for label, s in zip(labels, syms[:, k], strict=True) if s == 0]
        means = fair[fair["S"].isin(without)].groupby("model")[loss].mean()
        rows[loss] = {"sym": means["sym"], "hyper": means["hyper"]}
    frame = pd.DataFrame(rows).T
    frame["holds"] = frame["sym"] < frame["hyper"]
    return frame


def _loss_columns(table: pd.DataFrame) -> list[str]:
    return [column for column in table.columns if column.startswith("L_") and column != "L_G"]


@torch.no_grad()
def _losses(
    experiment: Experiment,
    networks: Networks,
    photos: Images,
    reals: dict[str, Images],
    sym: Points,
) -> PerDomain:
    objectives = build_objectives(experiment, networks)
    parts = []
    for chosen in torch.arange(len(photos)).split(16):
        batch = {name: images[chosen] for name, images in reals.items()}
        at = sym.expand(len(chosen), -1).contiguous()
        parts.append(domain_losses(networks, objectives, photos[chosen], batch, at)[1])
    return torch.cat(parts)


def _repeated(images: Images, count: int) -> Float[Tensor, "count 3 height width"]:
    return images[[i % len(images) for i in range(count)]]

"""Table 3: what a trained model's losses are on test images, at any S, next to other models."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import torch
from jaxtyping import Float
from torch import Tensor

from sgnlib.evaluation.images import eval_images, eval_photos
from sgnlib.evaluation.labels import loss_names, sym_label
from sgnlib.evaluation.translate import Points
from sgnlib.losses.adversarial import lsgan
from sgnlib.shapes import Images, PerDomain
from sgnlib.training.objectives import Networks, Objective
from sgnlib.training.runs import Run
from sgnlib.training.runtime import choose_device
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
    return _judged(run, [judge or run], syms, count)[0]


def compare_with_hyper(
    sym_runs: Sequence[Run],
    hyper_runs: Sequence[Sequence[Run]],
    syms: Points,
    *,
    count: int | None = None,
) -> pd.DataFrame:
    """Table 3 in long form: one sym model against one hyper-parameter model per S, per seed.

    Each model is judged by its own discriminator, as in the paper (`judge` is "own"), and by the
    sym model's of the same seed ("sym"). Where s_adv > 0, "own" is the fair table: each generator
    has trained against that judge and no other, and a stranger's discriminator finds more to
    object to. Where s_adv = 0 a hyper-parameter model's discriminator has never been trained, so
    that its own L_adv says little, and "sym" is the fair table. L_G is the same in both there,
    since L_adv has weight zero: for L_G "own" is fair throughout.

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
            own, fair = _judged(group[position], [group[position], sym_run], s[None], count)
            tables += [
                own.assign(model="hyper", judge="own"),
                fair.assign(model="hyper", judge="sym"),
            ]
    return pd.concat(tables, ignore_index=True)


def spread(table: pd.DataFrame, by: Sequence[str] = ("S",)) -> pd.DataFrame:
    """Mean and standard deviation over seeds of every loss, in the order of first appearance."""
    losses = [column for column in table.columns if column.startswith("L_")]
    return table.groupby(list(by), sort=False)[losses].agg(["mean", "std"])


def ratios(long: pd.DataFrame, judge: str = "own") -> pd.DataFrame:
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
    for k, loss in enumerate(loss_columns(table)):
        values = table[loss].to_numpy()
        own = (syms[:, k] == 1).numpy()
        rows[loss] = {"own corner": values[own][0], "least elsewhere": values[~own].min()}
    frame = pd.DataFrame(rows).T
    frame["holds"] = frame["own corner"] < frame["least elsewhere"]
    return frame


def middle_between(table: pd.DataFrame, syms: Points) -> pd.DataFrame:
    """A loss weighted 0.5 "should be valued in between the values when the weight is 1 and 0".

    Weight moves along an edge of the simplex: the value in an edge's middle is compared with the
    values at its two ends. A stricter reading, which does not decide, compares it with the least
    value at weight 0, at an end of another edge too.

    Args:
        table: Means per S, rows in the order of `syms`, a column per loss.
        syms: The S: corners and middles of edges; others are left out.

    Returns:
        Per loss: means at weights 1, 0.5 and 0, on how many edges it is `between`, how often it
        is `below all at 0`, and whether it `holds` on all edges.
    """
    points = [tuple(s) for s in syms.tolist()]
    domains = syms.shape[1]
    middles = [i for i, s in enumerate(points) if sorted(s)[-2:] == [0.5, 0.5]]
    rows = {}
    for k, loss in enumerate(loss_columns(table)):
        values = dict(zip(points, table[loss].to_numpy(), strict=True))
        one = values[_corner(k, domains)]
        edges = [points[i] for i in middles if points[i][k] == 0.5]
        ends = [values[_corner(_other(edge, k), domains)] for edge in edges]
        half = [values[edge] for edge in edges]
        least = min(v for s, v in values.items() if s[k] == 0)
        between = [one < h < end for h, end in zip(half, ends, strict=True)]
        rows[loss] = {
            "weight 1": one,
            "weight 0.5": sum(half) / len(half),
            "weight 0": sum(ends) / len(ends),
            "between": f"{sum(between)} of {len(between)}",
            "below all at 0": f"{sum(h < least for h in half)} of {len(half)}",
            "holds": all(between),
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
    for k, loss in enumerate(loss_columns(long)):
        without = [label for label, s in zip(labels, syms[:, k], strict=True) if s == 0]
        means = fair[fair["S"].isin(without)].groupby("model")[loss].mean()
        rows[loss] = {"sym": means["sym"], "hyper": means["hyper"]}
    frame = pd.DataFrame(rows).T
    frame["holds"] = frame["sym"] < frame["hyper"]
    return frame


def loss_columns(table: pd.DataFrame) -> list[str]:
    """The domains' losses, without their weighted sum L_G."""
    return [column for column in table.columns if column.startswith("L_") and column != "L_G"]


def _corner(k: int, domains: int) -> tuple[float, ...]:
    return tuple(1.0 if i == k else 0.0 for i in range(domains))


def _other(edge: tuple[float, ...], k: int) -> int:
    """The domain at the other end of an edge that leaves corner `k`."""
    return next(i for i, s in enumerate(edge) if s == 0.5 and i != k)


@torch.no_grad()
def _judged(run: Run, judges: Sequence[Run], syms: Points, count: int | None) -> list[pd.DataFrame]:
    """A `loss_table` per judge, of the same translations."""
    device = choose_device("auto")
    experiment, networks = run.experiment, run.networks(device)
    objectives = build_objectives(experiment, networks)
    photos = eval_photos(experiment, count)
    reals = {
        one.domain.data: _repeated(eval_images(experiment, one.domain.data), len(photos))
        for one in objectives
        if one.has_discriminator
    }
    others = [None if judge is run else judge.networks(device).discriminators for judge in judges]
    rows: list[list[dict[str, object]]] = [[] for _ in judges]
    for sym in syms:
        outputs, losses = _in_parts(networks, objectives, photos, reals, sym)
        for table, discriminators in zip(rows, others, strict=True):
            means = losses.mean(dim=0).cpu()
            for k, stranger in (discriminators or {}).items():
                own = lsgan(networks.discriminators[k](outputs), real=True)
                means[k] += (lsgan(stranger(outputs), real=True) - own).mean().cpu()
            named = dict(zip(loss_names(experiment), means.tolist(), strict=True))
            about = {"S": sym_label(sym.tolist()), "seed": experiment.seed}
            table.append(about | {"L_G": float(means @ sym)} | named)
    return [pd.DataFrame(table) for table in rows]


def _in_parts(
    networks: Networks,
    objectives: Sequence[Objective],
    photos: Images,
    reals: dict[str, Images],
    sym: Float[Tensor, " domains"],
) -> tuple[Images, PerDomain]:
    """Translations and losses of all photos at one S, a few images at a time, on their device."""
    device = next(networks.generator.parameters()).device
    outputs, losses = [], []
    for chosen in torch.arange(len(photos)).split(20):
        batch = {name: images[chosen].to(device) for name, images in reals.items()}
        at = sym.expand(len(chosen), -1).contiguous().to(device)
        output, each = domain_losses(networks, objectives, photos[chosen].to(device), batch, at)
        outputs.append(output)
        losses.append(each)
    return torch.cat(outputs), torch.cat(losses)


def _repeated(images: Images, count: int) -> Float[Tensor, "count 3 height width"]:
    return images[[i % len(images) for i in range(count)]]

"""Whether a number format changes the training: its loss curves beside float32's, over seeds.

    python -m benchmarks.precision                                     a minute or two on a CPU
    python -m benchmarks.precision --profile paper --device cuda --steps 400 --into DIR

The same seed draws the same images and the same S, so that runs differ in rounding alone. After a
few hundred steps of adversarial training roundings are as good as another seed. The question is
whether they are no more than that: `difference`, the largest distance to float32 of the same seed,
is compared with `spread`, the largest distance between float32's own seeds. Losses are means over
the last quarter of the steps.
"""

from __future__ import annotations

import argparse
import logging
from collections.abc import Sequence
from dataclasses import replace

import pandas as pd
import torch

from benchmarks import publish, results
from benchmarks.contenders import variants
from benchmarks.models import own
from benchmarks.timing import about
from sgnlib.experiments import PROFILES, Experiment, experiment
from sgnlib.training.runtime import choose_device, repeatable

log = logging.getLogger(__name__)

COLUMNS = ["variant", "seeds", "loss", "float32", "difference", "spread", "within"]

WINDOW = 10
"""Steps that a point of a curve is the mean of."""


def main(arguments: Sequence[str] | None = None) -> None:
    given = _parser().parse_args(arguments)
    torch.set_num_threads(given.threads)
    device = choose_device(given.device)
    row = replace(_row(given), steps=given.steps)
    parts = []
    folder = publish.folder(given)
    columns = about(_setting(row, given), device)
    for seed in range(given.seeds):
        parts.append(curves(replace(row, seed=seed), device))
        every = pd.concat(parts, ignore_index=True)
        table = compare(every).assign(**columns)[[*columns, *COLUMNS]]
        if folder:
            results.write(every, folder / "precision_curves.csv")
            results.merge(table, folder / "precision.csv", publish.KEYS)
    print(table[COLUMNS].to_string(index=False))
    if given.write:
        publish.publish()


def curves(row: Experiment, device: torch.device) -> pd.DataFrame:
    """Losses of one seed in every number format: columns variant, seed, step and one per loss."""
    tables = []
    for name, build in variants(row, device, emulated=True).items():
        try:
            with repeatable(row, device):
                trainer = build()
                losses = [trainer.step(number) for number in range(row.steps)]
        except RuntimeError as error:  # compilers and drivers fail in many ways
            log.warning("%s is left out: %s", name, error)
            continue
        table = pd.DataFrame([{k: float(v) for k, v in one.items()} for one in losses])
        means = table.groupby(table.index // WINDOW).mean()
        means.insert(0, "step", (means.index + 1) * WINDOW)
        tables.append(means.assign(variant=name, seed=row.seed))
    return pd.concat(tables, ignore_index=True)


def compare(curves: pd.DataFrame) -> pd.DataFrame:
    """Per number format and loss: difference to float32, float32's spread, and which is larger.

    Args:
        curves: Of several seeds; the first variant is the reference.
    """
    late = curves[curves["step"] > 0.75 * curves["step"].max()]
    means = late.drop(columns="step").groupby(["variant", "seed"], sort=False).mean()
    reference = curves["variant"].iloc[0]
    exact = means.loc[reference]
    spread = exact.max() - exact.min()
    rows = []
    for name in means.index.unique("variant").drop(reference):
        difference = (means.loc[name] - exact).abs().max()
        about_it = {"variant": name, "seeds": len(exact)}
        for loss in exact.columns:
            numbers = {"difference": difference[loss], "spread": spread[loss]}
            within = difference[loss] <= spread[loss]
            about_loss = {"loss": loss, "float32": exact[loss].mean()}
            rows.append(about_it | about_loss | numbers | {"within": within})
    return pd.DataFrame(rows, columns=COLUMNS)


def _row(given: argparse.Namespace) -> Experiment:
    images = dict(part.split("=", 1) for part in given.images)
    row = own(experiment(given.name), given.profile, images)
    if row is None:
        raise ValueError(f"{given.name} in profile {given.profile} needs --images of its domains")
    return replace(row, features="random") if row.features == "auto" else row


def _setting(row: Experiment, given: argparse.Namespace) -> str:
    return f"{row.name}, {given.profile}, {row.steps} steps"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--name", default="model-1", help="experiment (default model-1)")
    parser.add_argument("--profile", default="smoke", choices=PROFILES)
    parser.add_argument("--device", default="auto", help="cpu, cuda, ... (default auto)")
    parser.add_argument("--threads", type=int, default=1, help="of the CPU (default 1)")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=300, help="per run (default 300)")
    parser.add_argument("--images", nargs="+", default=[], metavar="DOMAIN=FOLDER")
    publish.add_options(parser)
    return parser


if __name__ == "__main__":
    main()

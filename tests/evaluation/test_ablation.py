"""The ablation's numbers on pictures that were made up, and their form on a run."""

from __future__ import annotations

import math

import pytest
import torch

from sgnlib.evaluation import ablation
from sgnlib.evaluation.ablation import (
    ablation_table,
    change_with_sym,
    leak_table,
    lean,
    style_distance,
)
from sgnlib.evaluation.images import eval_photos
from sgnlib.experiments import Experiment, Perceptual
from sgnlib.shapes import Images, PerImage
from sgnlib.sym import corners, edge_midpoints
from sgnlib.training.runs import Run

SYMS = torch.cat([corners(3), edge_midpoints(3)])


def _flat(*values: float) -> torch.Tensor:
    """Pictures of one grey each, two of every S."""
    return torch.stack([torch.full((2, 3, 8, 8), v) for v in values])


def test_change_is_the_mean_distance_of_corners_in_0_to_1() -> None:
    photos = torch.zeros(2, 3, 8, 8)
    found = change_with_sym(photos, _flat(0.2, 0.6, -0.4))
    assert found["change"] == pytest.approx((0.4 + 0.6 + 1.0) / 3 / 2)
    assert found["share"] == pytest.approx((2.0 / 3) / (1.2 / 3))
    assert change_with_sym(photos, _flat(0.3, 0.3, 0.3))["change"] == 0


def test_lean_is_the_imbalance_of_the_middles() -> None:
    # Corners 0, 0.8, -0.8; middles of AB, AC, BC: at the middle, at A, at 3/4 of the way to C.
    found = lean(_flat(0.0, 0.8, -0.8, 0.4, 0.0, -0.4), SYMS)
    assert found == pytest.approx((0 + 1 + 0.5) / 3)
    assert math.isnan(lean(_flat(*[0.3] * 6), SYMS))


def test_leak_is_the_likeness_wherever_the_weight_is_zero(
    row: Experiment, monkeypatch: pytest.MonkeyPatch
) -> None:
    def like_the_grey(experiment: Experiment, position: int, photos: Images) -> object:
        def measure(images: Images) -> PerImage:
            return images.mean(dim=(1, 2, 3)) * (position + 1)

        return measure

    monkeypatch.setattr(ablation, "likeness", like_the_grey)
    outputs = _flat(0.1, 0.2, 0.3, 0.4, 0.5, 0.6)
    table = leak_table(row, torch.zeros(2, 3, 8, 8), outputs, SYMS)
    # Weight zero: of A at B, C, BC; of B at A, C, AC; of C at A, B, AB.
    assert list(table["domain"]) == ["photo", "vangogh", "udnie"]
    assert table["own"].to_list() == pytest.approx([0.1, 0.4, 0.9])
    assert table["leak"].to_list() == pytest.approx([1.1 / 3, 2 * 0.9 / 3, 3 * 0.7 / 3])
    assert table["separation"][1] == pytest.approx(0.4 - 0.6)


def test_style_distance_is_zero_at_the_style_image_alone(row: Experiment) -> None:
    from sgnlib.datasets.catalog import load_style
    from sgnlib.datasets.sampling import to_images

    domain = row.domains[2]
    assert isinstance(domain, Perceptual)
    distance = style_distance(row, domain)
    style = to_images(load_style("udnie", row.image_size))
    pictures = torch.cat([style, eval_photos(row, 2)])
    assert float(distance(pictures)[0]) < 1e-8
    assert (distance(pictures)[1:] > 1e-4).all()


def test_a_table_has_a_row_per_run(run: Run, other_run: Run) -> None:
    table = ablation_table([run, other_run], photos=3)
    assert list(table["seed"]) == [0, 1]
    assert list(table["injection"]) == ["ccam", "ccam"]
    assert (table["change"] > 0).all()
    assert table["own"].between(0, 1).all() and table["leak"].between(0, 1).all()

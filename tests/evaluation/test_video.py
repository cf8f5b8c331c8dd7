"""Continuous translation: the walk, the camera, and the number for smoothness."""

from __future__ import annotations

import pytest
import torch

from sgnlib.evaluation.video import Film, film, pan, smoothness, still
from sgnlib.nn.generator import Generator
from sgnlib.sym import tour


def test_smoothness_compares_steps_with_corners() -> None:
    greys = torch.tensor([0.0, 0.1, 0.4, 0.8, 0.5, 0.2])  # corners at frames 0, 3 and 5
    syms = torch.tensor([[1, 0], [0.7, 0.3], [0.4, 0.6], [0, 1], [0.5, 0.5], [1, 0]])
    frames = greys.view(6, 1, 1, 1).expand(6, 3, 4, 4)
    found = smoothness(Film(frames, frames, syms))
    assert found.largest == pytest.approx(0.2)
    assert found.mean == pytest.approx((0.1 + 0.3 + 0.4 + 0.3 + 0.3) / 5 / 2)
    assert found.corners == pytest.approx((0.8 + 0.6) / 2 / 2)
    assert found.share == pytest.approx(0.2 / 0.35)


def test_the_camera_moves_smoothly_and_closes_its_tour() -> None:
    ramp = torch.linspace(-1, 1, 96).expand(1, 3, 96, 96)
    views = pan(ramp, 32, 24)
    assert views.shape == (24, 3, 32, 32)
    moves = (views - views.roll(1, 0)).abs().mean(dim=(1, 2, 3))
    assert moves.max() < 3 * moves.mean()
    assert moves.min() > 0
    with pytest.raises(ValueError, match="needs a photo of 80 px; got 70"):
        pan(torch.zeros(1, 3, 70, 99), 64, 4)


def test_a_film_translates_every_frame_at_its_sym() -> None:
    torch.manual_seed(1)
    generator = Generator(3, ngf=4, n_blocks=1)
    photo = torch.randint(0, 256, (1, 3, 60, 60), dtype=torch.uint8)
    made = film(generator, photo, 32, tour(3, 2))
    with torch.no_grad():
        fifth = generator(made.original[4:5], made.syms[4:5])
    torch.testing.assert_close(made.translated[4:5], fifth)
    unmoved = still(generator, made.original[:1], tour(3, 2))
    assert torch.equal(unmoved.original[0], unmoved.original[6])
    torch.testing.assert_close(unmoved.translated[0], unmoved.translated[6])

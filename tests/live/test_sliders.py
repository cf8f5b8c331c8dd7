"""Sliders: S stays on the simplex, the picture follows, the text stays the same."""

from __future__ import annotations

import pytest
import torch

from sgnlib.live.sliders import MixSliders, rebalanced
from sgnlib.nn.generator import Generator


def test_others_keep_their_proportions() -> None:
    assert rebalanced((0.2, 0.6, 0.2), 2, 0.6) == pytest.approx((0.1, 0.3, 0.6))
    assert rebalanced((0.0, 0.0, 1.0, 0.0), 2, 0.4) == pytest.approx((0.2, 0.2, 0.4, 0.2))
    assert rebalanced((0.5, 0.5), 0, 1.3) == (1.0, 0.0)
    assert sum(rebalanced((0.11, 0.52, 0.37), 1, 0.83)) == pytest.approx(1)


@pytest.fixture
def sliders() -> MixSliders:
    torch.manual_seed(0)
    photo = torch.rand(1, 3, 16, 16) * 2 - 1
    return MixSliders(Generator(3, ngf=4, n_blocks=1), photo, ["photo", "vangogh", "udnie"])


def test_moving_one_slider_moves_the_others_and_the_picture(sliders: MixSliders) -> None:
    before = sliders.output.value
    sliders.sliders[1].value = 0.8
    assert sliders.sym == pytest.approx((0.1, 0.8, 0.1))
    assert [s.value for s in sliders.sliders] == pytest.approx([0.1, 0.8, 0.1])
    assert sliders.label.value == "S = (0.1, 0.8, 0.1)"
    assert sliders.output.value != before


def test_one_move_translates_once(sliders: MixSliders, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[torch.Tensor] = []

    def count(generator: Generator, photo: torch.Tensor, sym: torch.Tensor) -> torch.Tensor:
        calls.append(sym)
        return photo

    monkeypatch.setattr("sgnlib.live.sliders.translate", count)
    sliders.sliders[0].value = 0.5
    assert len(calls) == 1
    torch.testing.assert_close(calls[0], torch.tensor([[0.5, 0.25, 0.25]]))


def test_its_text_does_not_hold_the_picture(sliders: MixSliders) -> None:
    bundle = sliders._repr_mimebundle_()
    assert bundle["text/plain"] == "sliders for 3 domains"
    assert "application/vnd.jupyter.widget-view+json" in bundle

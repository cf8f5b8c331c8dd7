"""Weights alone say what generator they are of."""

from __future__ import annotations

import pytest
import torch

from sgnlib.experiments import Injection
from sgnlib.nn.generator import Generator
from sgnlib.nn.weights import generator_from_weights


@pytest.mark.parametrize("sizes", [(4, 1, 1), (8, 2, 4)])
def test_sizes_are_read_off_the_weights(sizes: tuple[int, int, int]) -> None:
    ngf, blocks, reduction = sizes
    wanted = Generator(3, ngf=ngf, n_blocks=blocks, reduction=reduction)
    loaded = generator_from_weights(wanted.state_dict())
    images, sym = torch.rand(1, 3, 16, 16), torch.tensor([[0.2, 0.3, 0.5]])
    assert torch.equal(loaded(images, sym), wanted(images, sym))


@pytest.mark.parametrize("injection", ["concat", "cbn"])
def test_other_ways_in_are_read_off_the_weights(injection: Injection) -> None:
    wanted = Generator(4, ngf=8, n_blocks=1, injection=injection)
    loaded = generator_from_weights(wanted.state_dict())
    images, sym = torch.rand(1, 3, 16, 16), torch.tensor([[0.2, 0.3, 0.5, 0.0]])
    assert loaded.injection == injection
    assert torch.equal(loaded(images, sym), wanted(images, sym))


def test_weights_without_any_way_in_are_refused() -> None:
    gates = Generator(3, ngf=8, n_blocks=1).state_dict()
    state = {name: weight for name, weight in gates.items() if not name.startswith("gates")}
    with pytest.raises(ValueError, match=r"lack .gates"):
        generator_from_weights(state)

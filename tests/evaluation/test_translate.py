"""Translation: one S or many, any batch, any size in fours."""

from __future__ import annotations

import pytest
import torch

from sgnlib.evaluation.translate import mixes, translate
from sgnlib.nn.generator import Generator

SYMS = torch.tensor([[0.7, 0.2, 0.1], [0.1, 0.1, 0.8], [0.0, 1.5, 0.0]])


@pytest.fixture(scope="module")
def generator() -> Generator:
    torch.manual_seed(3)
    return Generator(3, ngf=4, n_blocks=1)


@pytest.fixture(scope="module")
def images() -> torch.Tensor:
    return torch.rand(3, 3, 24, 40, generator=torch.Generator().manual_seed(5)) * 2 - 1


def test_one_sym_serves_all_images(generator: Generator, images: torch.Tensor) -> None:
    one = translate(generator, images, SYMS[:1])
    each = translate(generator, images, SYMS[:1].repeat(3, 1))
    assert torch.equal(one, each)
    assert one.shape == images.shape


def test_every_image_gets_its_own_sym_in_any_batch(
    generator: Generator, images: torch.Tensor
) -> None:
    together = translate(generator, images, SYMS)
    alone = torch.cat([translate(generator, images[i : i + 1], SYMS[i : i + 1]) for i in range(3)])
    torch.testing.assert_close(together, alone)
    torch.testing.assert_close(translate(generator, images, SYMS, batch_size=2), together)
    assert (together[2] - translate(generator, images, SYMS[:1])[2]).abs().max() > 1e-4


def test_mixes_are_ordered_by_sym_then_image(generator: Generator, images: torch.Tensor) -> None:
    grid = mixes(generator, images[:2], SYMS)
    assert grid.shape == (3, 2, 3, 24, 40)
    torch.testing.assert_close(grid[1, 0], translate(generator, images[:1], SYMS[1:2])[0])


def test_a_wrong_number_of_syms_is_refused(generator: Generator, images: torch.Tensor) -> None:
    with pytest.raises(ValueError, match=r"one per image \(3\); got 2"):
        translate(generator, images, SYMS[:2])
    assert not translate(generator, images, SYMS).requires_grad

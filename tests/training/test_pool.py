from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.random import Generator as Rng
from torch import Tensor

from sgnlib.training.pool import ImagePool


def query(pool: ImagePool, images: Tensor, sym: Tensor, rng: Rng) -> tuple[Tensor, Tensor]:
    """Decides and carries out, as a training step does."""
    swaps = pool.decide(sym, rng)
    return pool.exchange(images, swaps.take, swaps.put), swaps.sym


def pairs(first: int, n: int = 4) -> tuple[Tensor, Tensor]:
    """Images and S that carry the same number, so that a torn pair shows."""
    numbers = torch.arange(first, first + n, dtype=torch.float32)
    return numbers.view(-1, 1, 1, 1).expand(-1, 3, 2, 2).contiguous(), numbers[:, None].repeat(1, 2)


def test_images_stay_with_their_sym() -> None:
    pool = ImagePool(10, 4)
    for step in range(60):
        images, sym = query(pool, *pairs(4 * step), np.random.default_rng(step))
        assert torch.equal(images[:, 0, 0, 0], sym[:, 0])


def test_new_pairs_pass_until_the_pool_is_full() -> None:
    pool = ImagePool(8, 4)
    rng = np.random.default_rng(0)
    for step in range(2):
        images, sym = pairs(4 * step)
        got, got_sym = query(pool, images, sym, rng)
        assert torch.equal(got, images) and torch.equal(got_sym, sym)


def test_about_half_are_old_then_and_no_pair_is_lost() -> None:
    pool, old, returned = ImagePool(50, 4), 0, list[float]()
    for step in range(500):
        images, new = pairs(4 * step)
        _, sym = query(pool, images, new, np.random.default_rng((7, step)))
        old += int((sym != new)[:, 0].sum()) if step >= 13 else 0
        returned += sym[:, 0].tolist()
    assert old / (4 * 487) == pytest.approx(0.5, abs=0.04)
    kept = pool.state_dict()["sym"][:, 0].tolist()
    assert len(kept) == 50
    # The first 50 were returned when they came and again when they were swapped out.
    assert set(returned) | set(kept) == set(range(2000))


def test_caller_keeps_its_tensors() -> None:
    pool = ImagePool(1, 4)
    images, sym = pairs(1)
    before = images.clone(), sym.clone()
    query(pool, images, sym, np.random.default_rng(0))
    query(pool, *pairs(9), np.random.default_rng(0))
    assert torch.equal(images, before[0]) and torch.equal(sym, before[1])


def test_size_zero_keeps_nothing() -> None:
    pool = ImagePool(0, 4)
    images, sym = pairs(0)
    assert query(pool, images, sym, np.random.default_rng(0))[0] is images
    assert pool.state_dict() == {}


@pytest.mark.parametrize("steps", [1, 7])
def test_restored_pool_goes_on_alike(steps: int) -> None:
    pool, again = ImagePool(6, 4), ImagePool(6, 4)
    for step in range(steps):
        query(pool, *pairs(4 * step), np.random.default_rng(step))
    again.load_state_dict({k: v.clone() for k, v in pool.state_dict().items()}, torch.device("cpu"))
    for step in range(steps, steps + 9):
        one = query(pool, *pairs(4 * step), np.random.default_rng(step))
        other = query(again, *pairs(4 * step), np.random.default_rng(step))
        assert torch.equal(one[0], other[0]) and torch.equal(one[1], other[1])


class Reference:
    """CycleGAN's pool as one would write it down: a list, image by image."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.kept: list[tuple[Tensor, Tensor]] = []

    def query(self, images: Tensor, sym: Tensor, rng: Rng) -> tuple[Tensor, Tensor]:
        returned = []
        for pair in zip(images, sym, strict=True):
            if len(self.kept) < self.size:
                self.kept.append(pair)
            elif rng.random() < 0.5:
                slot = int(rng.integers(self.size))
                pair, self.kept[slot] = self.kept[slot], pair
            returned.append(pair)
        return torch.stack([image for image, _ in returned]), torch.stack([s for _, s in returned])


@pytest.mark.parametrize(("size", "n"), [(1, 4), (2, 5), (3, 4), (6, 4), (50, 4), (4, 1)])
def test_moving_rows_is_swapping_one_by_one(size: int, n: int) -> None:
    """To the bit; small pools swap an image against one of the same batch, and that one again."""
    pool, reference = ImagePool(size, n), Reference(size)
    for step in range(80):
        images, sym = pairs(n * step, n)
        got = query(pool, images, sym, np.random.default_rng((size, step)))
        wanted = reference.query(images, sym, np.random.default_rng((size, step)))
        assert torch.equal(got[0], wanted[0]) and torch.equal(got[1], wanted[1])
        state = pool.state_dict()
        assert torch.equal(state["images"], torch.stack([image for image, _ in reference.kept]))
        assert torch.equal(state["sym"], torch.stack([s for _, s in reference.kept]))


def test_no_two_images_go_to_the_same_place() -> None:
    """Else the order of writing would decide, which a GPU does not promise."""
    pool = ImagePool(2, 5)
    for step in range(40):
        swaps = pool.decide(pairs(5 * step, 5)[1], np.random.default_rng(step))
        assert len(set(swaps.put.tolist())) == 5

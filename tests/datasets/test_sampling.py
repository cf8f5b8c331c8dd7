from __future__ import annotations

import numpy as np
import pytest
import torch

from sgnlib.datasets.sampling import UnpairedSampler, to_images, to_pixels
from sgnlib.shapes import Images, Pixels


def numbered(count: int, side: int = 8) -> Pixels:
    """Images whose every pixel is the image's number."""
    values = torch.arange(count, dtype=torch.uint8).reshape(count, 1, 1, 1)
    return values.expand(count, 3, side, side).contiguous()


def numbers(images: Images) -> list[int]:
    return to_pixels(images)[:, 0, 0, 0].tolist()


def test_pixels_and_images_are_inverse_and_span_minus_one_to_one() -> None:
    pixels = torch.arange(256, dtype=torch.uint8).reshape(1, 1, 16, 16).expand(1, 3, 16, 16)
    images = to_images(pixels)
    assert images.min() == -1
    assert images.max() == 1
    assert torch.equal(to_pixels(images), pixels)
    assert torch.equal(to_pixels(2 * torch.ones(1, 3, 4, 4)), torch.full((1, 3, 4, 4), 255).byte())


def test_batch_is_a_pure_function_of_seed_and_step() -> None:
    pools = {"a": numbered(23, 10), "b": numbered(9, 12)}
    one = UnpairedSampler(pools, batch_size=4, size=8, seed=3)
    other = UnpairedSampler(pools, batch_size=4, size=8, seed=3)
    forwards = {step: one.batch(step) for step in (0, 1, 7, 50)}
    for step in (50, 1, 0, 7, 1):
        for domain, images in other.batch(step).items():
            assert torch.equal(images, forwards[step][domain])
    changed = UnpairedSampler(pools, batch_size=4, size=8, seed=4).batch(7)
    assert numbers(changed["a"]) != numbers(forwards[7]["a"])


def test_global_random_state_is_neither_used_nor_touched() -> None:
    sampler = UnpairedSampler({"a": numbered(9)}, batch_size=4, size=6, seed=0)
    torch.manual_seed(1)
    before = torch.get_rng_state()
    first = sampler.batch(2)["a"]
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(2)
    assert torch.equal(sampler.batch(2)["a"], first)


@pytest.mark.parametrize(("count", "batch_size"), [(11, 4), (8, 4), (5, 5)])
def test_an_epoch_shows_no_image_twice_and_drops_the_incomplete_batch(
    count: int, batch_size: int
) -> None:
    sampler = UnpairedSampler({"a": numbered(count)}, batch_size=batch_size, size=8, seed=0)
    batches = count // batch_size
    epochs = [
        [n for i in range(batches) for n in numbers(sampler.batch(epoch * batches + i)["a"])]
        for epoch in range(30)
    ]
    for shown in epochs:
        assert len(set(shown)) == len(shown) == batches * batch_size
    assert epochs[0] != epochs[1]
    assert set().union(*epochs) == set(range(count))


def test_a_pool_smaller_than_a_batch_is_gone_through_evenly() -> None:
    sampler = UnpairedSampler({"a": numbered(3)}, batch_size=7, size=8, seed=0)
    shown = [n for step in range(3) for n in numbers(sampler.batch(step)["a"])]
    for start in range(0, 21, 3):
        assert sorted(shown[start : start + 3]) == [0, 1, 2]


def test_domains_are_unpaired_and_independent_of_each_other() -> None:
    pools = {"a": numbered(40), "b": numbered(40)}
    both = UnpairedSampler(pools, batch_size=8, size=8, seed=0).batch(1)
    assert numbers(both["a"]) != numbers(both["b"])
    alone = UnpairedSampler({"b": pools["b"]}, batch_size=8, size=8, seed=0).batch(1)
    assert torch.equal(alone["b"], both["b"])


def test_crops_reach_every_place_and_half_are_mirrored() -> None:
    side, size = 7, 4
    plane = torch.arange(side * side, dtype=torch.uint8).reshape(1, 1, side, side)
    pool = plane.expand(1, 3, side, side).contiguous()
    sampler = UnpairedSampler({"a": pool}, batch_size=8, size=size, seed=0)
    corners, mirrored = set(), 0
    for step in range(80):
        for image in to_pixels(sampler.batch(step)["a"]):
            rows = image[0].int()
            flip = bool(rows[0, 0] > rows[0, 1])
            mirrored += flip
            rows = rows.flip(1) if flip else rows
            top, left = divmod(int(rows[0, 0]), side)
            corners.add((top, left))
            assert torch.equal(rows.byte(), plane[0, 0, top : top + size, left : left + size])
    assert corners == {(top, left) for top in range(4) for left in range(4)}
    assert 0.42 < mirrored / 640 < 0.58


def test_crops_of_oblong_images_stay_inside() -> None:
    pool = torch.from_numpy(np.random.default_rng(0).integers(0, 256, (5, 3, 6, 20), np.uint8))
    sampler = UnpairedSampler({"a": pool}, batch_size=4, size=6, seed=0)
    assert all(sampler.batch(step)["a"].shape == (4, 3, 6, 6) for step in range(20))


def test_a_batch_is_what_slices_of_its_images_are() -> None:
    """The gather against cutting image by image, to the bit."""
    pool = torch.from_numpy(np.random.default_rng(1).integers(0, 256, (5, 3, 9, 13), np.uint8))
    sampler = UnpairedSampler({"a": pool}, batch_size=4, size=6, seed=2)
    for step in range(30):
        wanted = []
        for image, top, left, mirrored in sampler.places("a", step).T.tolist():
            crop = pool[image, :, top : top + 6, left : left + 6]
            wanted.append(crop.flip(-1) if mirrored else crop)
        assert torch.equal(sampler.batch(step)["a"], to_images(torch.stack(wanted)))


def test_unusable_pools_are_refused_with_numbers() -> None:
    with pytest.raises(ValueError, match=r"'a' has 3 images of \(8, 8\).*9x9"):
        UnpairedSampler({"a": numbered(3)}, batch_size=1, size=9, seed=0)
    with pytest.raises(ValueError, match="'a' has 0 images"):
        UnpairedSampler({"a": numbered(0)}, batch_size=1, size=8, seed=0)
    with pytest.raises(ValueError, match="batch_size must be at least 1; got 0"):
        UnpairedSampler({"a": numbered(3)}, batch_size=0, size=8, seed=0)

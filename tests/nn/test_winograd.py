"""Convolutions with fewer multiplications are the same convolutions."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from sgnlib.nn import winograd
from sgnlib.nn.blocks import ReflectConv
from sgnlib.nn.winograd import LINE, PLANE, Tiling, reflect_conv, transformed

SIZES = [(8, 8), (7, 10), (2, 2), (5, 3), (16, 4)]


def test_transforms_of_a_line_make_a_correlation() -> None:
    random = np.random.default_rng(0)
    inputs, taps = random.standard_normal(6), random.standard_normal(3)
    got = LINE.outputs @ ((LINE.taps @ taps) * (LINE.inputs @ inputs))
    np.testing.assert_allclose(got, np.correlate(inputs, taps), rtol=0, atol=1e-14)


def test_transforms_of_a_plane_make_a_correlation() -> None:
    random = np.random.default_rng(1)
    tile, kernel = random.standard_normal((6, 6)), random.standard_normal((3, 3))
    products = (PLANE.taps @ kernel.reshape(9)) * (PLANE.inputs @ tile.reshape(36))
    wanted = F.conv2d(torch.tensor(tile)[None, None], torch.tensor(kernel)[None, None])
    got = (PLANE.outputs @ products).reshape(4, 4)
    np.testing.assert_allclose(got, wanted[0, 0], rtol=0, atol=1e-13)


def convolution(x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    return F.conv2d(F.pad(x, (1, 1, 1, 1), mode="reflect"), weight, bias)


@pytest.mark.parametrize("size", SIZES)
def test_reflect_conv_is_the_convolution_and_has_its_gradients(size: tuple[int, int]) -> None:
    random = torch.Generator().manual_seed(2)
    shapes = ((2, 5, *size), (7, 5, 3, 3), (7,))
    given = [torch.randn(shape, generator=random, requires_grad=True) for shape in shapes]
    exact = [each.detach().double().requires_grad_() for each in given]
    y, wanted = reflect_conv(*given), convolution(*exact)
    assert y.is_contiguous()
    torch.testing.assert_close(y.double(), wanted, rtol=0, atol=2e-5)
    grad = torch.randn(y.shape, generator=random)
    found = torch.autograd.grad(y, given, grad)
    for ours, theirs in zip(found, torch.autograd.grad(wanted, exact, grad.double()), strict=True):
        torch.testing.assert_close(ours.double(), theirs, rtol=0, atol=2e-5)
    torch.testing.assert_close(reflect_conv(*given[:2], None) + given[2][:, None, None], y)


@pytest.mark.parametrize("size", SIZES)
def test_a_tiling_holds_every_pixel_once(size: tuple[int, int]) -> None:
    tiling = Tiling(*size)
    count = size[0] * size[1]
    np.testing.assert_array_equal(tiling.pixels[tiling.places], np.arange(count))
    image = np.random.default_rng(3).standard_normal(count)
    assert tiling.weights @ image[tiling.pixels] == pytest.approx(image.mean(), abs=1e-6)


@pytest.mark.parametrize("size", SIZES)
def test_a_tiling_convolves(size: tuple[int, int]) -> None:
    random = np.random.default_rng(4)
    image, weight = random.standard_normal((3, *size)), random.standard_normal((2, 3, 3, 3))
    tiling = Tiling(*size)
    rows = image.reshape(3, -1).T[tiling.pixels]
    tiles = (PLANE.inputs @ rows[tiling.taken].reshape(36, -1)).reshape(36, -1, 3)
    products = tiles @ transformed(weight).transpose(0, 2, 1)
    made = (PLANE.outputs @ products.reshape(36, -1)).reshape(-1, 2)[tiling.places]
    wanted = convolution(torch.tensor(image)[None], torch.tensor(weight), None)[0]
    np.testing.assert_allclose(made.T.reshape(2, *size), wanted, rtol=0, atol=1e-12)


MANY = (2, 32, 32)


@pytest.mark.parametrize(
    ("weight", "x", "wanted"),
    [
        ((256, 256, 3, 3), MANY, True),
        ((300, 256, 3, 3), MANY, True),
        ((256, 3, 3, 3), MANY, False),
        ((255, 256, 3, 3), MANY, False),
        ((256, 256, 7, 7), MANY, False),
        ((256, 256, 3, 7), MANY, False),
        ((256, 256, 3, 3), (2, 32, 31), False),
        ((256, 256, 3, 3), (0, 32, 32), False),
    ],
)
def test_it_pays_for_many_wide_pixels(
    weight: tuple[int, ...], x: tuple[int, int, int], wanted: bool
) -> None:
    batch, height, width = x
    features = torch.empty(batch, weight[1], height, width)
    assert winograd.pays(features, torch.empty(weight)) is wanted


def test_it_is_for_float32_on_a_cpu_only() -> None:
    x, weight = torch.empty(2, 256, 32, 32), torch.empty(256, 256, 3, 3)
    assert winograd.pays(x, weight)
    assert not winograd.pays(x.bfloat16(), weight.bfloat16())
    assert not winograd.pays(x.to("meta"), weight.to("meta"))
    assert not winograd.pays(x[0], weight), "torch's convolution takes a single image too"
    with torch.autocast("cpu"):
        assert not winograd.pays(x, weight)


def test_the_layer_takes_it_and_trains_after_it_has_inferred(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    torch.manual_seed(5)
    layer, x = ReflectConv(256, 256, 3), torch.randn(2, 256, 32, 32)
    taken = []

    def spy(*given: Tensor) -> Tensor:
        taken.append(given)
        return reflect_conv(*given)

    monkeypatch.setattr(winograd, "reflect_conv", spy)
    wanted = convolution(x, layer.weight, layer.bias)
    with torch.inference_mode():
        torch.testing.assert_close(layer(x), wanted, rtol=0, atol=1e-5)
    layer(x).sum().backward()
    assert len(taken) == 2
    assert layer.weight.grad is not None and bool(layer.weight.grad.any())

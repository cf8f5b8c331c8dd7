"""What GPUs compute is what CPUs compute: values, gradients, layout, types."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from sgnlib.nn import gpu

Layer = Callable[[Tensor], Tensor]
PAIRS: dict[str, tuple[Layer, Layer]] = {
    "norm": (gpu.instance_norm, lambda x: F.group_norm(x, x.shape[1])),
    "pad 1": (lambda x: gpu.reflect_pad(x, 1), lambda x: F.pad(x, (1,) * 4, mode="reflect")),
    "pad 3": (lambda x: gpu.reflect_pad(x, 3), lambda x: F.pad(x, (3,) * 4, mode="reflect")),
}


def features(layout: torch.memory_format) -> Tensor:
    """Oblong, with channels of different mean and scale."""
    rng = torch.Generator().manual_seed(5)
    x = torch.randn(2, 5, 6, 9, generator=rng) * torch.arange(1, 6).view(-1, 1, 1) + 2
    return x.to(memory_format=layout)


def value_and_gradient(layer: Layer, x: Tensor) -> tuple[Tensor, Tensor]:
    x = x.detach().requires_grad_()
    y = layer(x)
    (y * torch.linspace(-1, 2, y.numel(), dtype=y.dtype).view_as(y)).sum().backward()
    assert x.grad is not None
    return y.detach(), x.grad


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize(("ours", "theirs"), PAIRS.values(), ids=PAIRS)
def test_value_and_gradient_are_torchs(
    ours: Layer, theirs: Layer, layout: torch.memory_format
) -> None:
    x = features(layout)
    for got, expected in zip(
        value_and_gradient(ours, x), value_and_gradient(theirs, features(layout)), strict=True
    ):
        torch.testing.assert_close(got, expected, rtol=1e-5, atol=2e-6)
        assert got.is_contiguous(memory_format=layout)


@pytest.mark.parametrize(("ours", "theirs"), PAIRS.values(), ids=PAIRS)
def test_bfloat16_stays_and_is_near(ours: Layer, theirs: Layer) -> None:
    """Under autocast too, which would widen torch's own; only the results are rounded."""
    x = features(torch.channels_last).bfloat16()
    with torch.autocast("cpu", torch.bfloat16):
        got = value_and_gradient(ours, x)
    assert [part.dtype for part in got] == [torch.bfloat16] * 2
    assert all(part.is_contiguous(memory_format=torch.channels_last) for part in got)
    exact = value_and_gradient(theirs, x.float())
    for part, wanted in zip(got, exact, strict=True):
        torch.testing.assert_close(part.float(), wanted, rtol=0.02, atol=0.02)

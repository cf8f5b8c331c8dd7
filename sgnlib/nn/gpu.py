"""Instance norm and reflection padding for GPUs: torch's own drop channels_last there.

torch's group norm and reflection padding bring channels_last tensors into the other layout on a
GPU, and the padding's gradient adds in no fixed order. These keep the layout, work in bfloat16
with float32 statistics, and give the same bits again. They run on a CPU too, which tests use.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from sgnlib.shapes import Features, NewFeatures

EPSILON = 1e-5
"""torch's, of all its norms."""

_PLANE = (2, 3)


def instance_norm(x: Features) -> Features:
    """Every channel of every image with mean 0 and variance 1; statistics are float32."""
    return _InstanceNorm.apply(x)


def reflect_pad(x: Features, margin: int) -> NewFeatures:
    """Mirrors `margin` rows and columns to all four sides, without repeating the border."""
    return _ReflectPad.apply(x, margin)


class _InstanceNorm(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        with _no_autocast(x):
            mean, variance = _moments(x)
            scale = (variance + EPSILON).rsqrt()
            # One kernel: computed in float32, stored in x's type and layout.
            y = torch.addcmul(-mean * scale, x, scale, out=torch.empty_like(x))
        ctx.save_for_backward(y, scale)
        return y

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> Tensor:
        y, scale = ctx.saved_tensors
        with _no_autocast(y):
            along = torch.mul(grad, y).mean(_PLANE, keepdim=True, dtype=torch.float32)
            constant = grad.mean(_PLANE, keepdim=True, dtype=torch.float32)
            # scale x (grad - constant - y x along)
            flat = torch.addcmul(-constant * scale, grad, scale, out=torch.empty_like(y))
            return torch.addcmul(flat, y, -along * scale, out=flat)


def _moments(x: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and variance of every plane, in float32, without a float32 copy of x."""
    if x.dtype == torch.float32:
        variance, mean = torch.var_mean(x, _PLANE, correction=0, keepdim=True)
        return mean, variance
    mean = x.mean(_PLANE, keepdim=True, dtype=torch.float32)
    norm = torch.linalg.vector_norm(x, dim=_PLANE, keepdim=True, dtype=torch.float32)
    second = norm.square() / (x.shape[2] * x.shape[3])
    return mean, (second - mean.square()).clamp_min(0)


class _ReflectPad(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, margin: int) -> Tensor:
        ctx.margin = m = margin
        height, width = x.shape[2:]
        y = torch.empty(
            (*x.shape[:2], height + 2 * m, width + 2 * m),
            dtype=x.dtype,
            device=x.device,
            memory_format=_layout(x),
        )
        middle = y[:, :, m : m + height]
        middle[..., m : m + width] = x
        middle[..., :m] = x[..., 1 : m + 1].flip(3)
        middle[..., m + width :] = x[..., width - m - 1 : width - 1].flip(3)
        y[:, :, :m] = y[:, :, m + 1 : 2 * m + 1].flip(2)
        y[:, :, m + height :] = y[:, :, height - 1 : height - 1 + m].flip(2)
        return y

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None]:
        for axis in _PLANE:
            grad = _fold(grad, axis, ctx.margin)
        return grad, None


def _fold(grad: Tensor, axis: int, margin: int) -> Tensor:
    """Adds what both margins of an axis got to what they are mirrors of, and drops them."""
    size = grad.shape[axis] - 2 * margin
    inner = grad.narrow(axis, margin, size).clone(memory_format=_layout(grad))
    inner.narrow(axis, 1, margin).add_(grad.narrow(axis, 0, margin).flip(axis))
    mirrored = grad.narrow(axis, margin + size, margin).flip(axis)
    inner.narrow(axis, size - margin - 1, margin).add_(mirrored)
    return inner


def _layout(x: Tensor) -> torch.memory_format:
    last = x.is_contiguous(memory_format=torch.channels_last) and not x.is_contiguous()
    return torch.channels_last if last else torch.contiguous_format


def _no_autocast(x: Tensor) -> Any:
    return torch.autocast(x.device.type, enabled=False)

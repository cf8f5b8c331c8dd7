"""The generator as an OpenVINO graph, built layer by layer from the trained weights.

Nothing is traced or exported, so the graph is exactly Table 4; it ends with the picture's bytes.

In int8, the residual blocks (nine tenths of the work at the paper's size) multiply bytes. Nothing
is calibrated for it: each convolution there is followed by an instance norm, which removes a scale
that all its input had in common, and an offset of each channel. So the range that the input has for
this picture is stretched over the bytes, and nothing has to be taken back.

In float32, residual blocks that are wide enough multiply a quarter as often (`sgnlib.nn.winograd`).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

import numpy as np
import openvino as ov
from numpy.typing import NDArray
from openvino import opset13 as ops
from torch import Tensor, nn

from sgnlib.nn.blocks import ConvBlock, InstanceNorm, ReflectConv, ResidualBlock
from sgnlib.nn.conditioning import CCAM, CentralBias, NoGate
from sgnlib.nn.generator import Generator
from sgnlib.nn.winograd import PLANE, Tiling, transformed

Precision = Literal["f32", "bf16", "int8"]
Node = Any
Conv = nn.Conv2d | nn.ConvTranspose2d
Array = NDArray[Any]

EPSILON = 1e-5
"""torch's epsilon in instance norm."""

TINY = 1e-5
"""A range that counts as none."""

WIDE = 128
"""From so many channels on, Winograd's tiles are faster for the residual blocks in float32: at 128,
1.1 x with AVX512 and 1.4 x with AVX2, at 256 1.7 x and 2 x, at 64 0.75 x and 1 x; at every size."""

RANGE = np.float32(8)
"""What bytes from 0 to 255 stand for in int8: about the range of normalised features."""


def build(
    generator: Generator,
    shape: tuple[int, ...],
    precision: Precision = "f32",
    *,
    rounded: bool = True,
) -> ov.Model:
    """The graph from the first convolution's features (CONCAT: the photo) and S to the bytes.

    Args:
        generator: Trained.
        shape: Of the features, (1, channels, height, width).
        precision: Says how the residual blocks are computed.
        rounded: Whether it ends with bytes (1, height, width, 3), or with the image in [-1, 1],
            (1, 3, height, width).
    """
    x = features = ops.parameter(list(shape), np.float32, name="features")
    sym = ops.parameter([1, generator.domains], np.float32, name="sym")
    planes = _Planes()
    if generator.injection == "concat":
        constant = ops.broadcast(_column(sym), np.array([1, generator.domains, *shape[2:]]))
        x = planes.layer(generator.stem, ops.concat([x, constant], 1), sym)
    first, second, third = generator.gates
    x = planes.layers(generator.down, _gate(first, x, sym), sym)
    x = _blocks(generator.blocks, _gate(second, x, sym), sym, precision)
    x = planes.layers(generator.up, _gate(third, x, sym), sym)
    x = ops.tanh(_head(generator.head, x))
    return ov.Model([_bytes(x) if rounded else x], [features, sym])


def _blocks(blocks: Iterable[nn.Module], x: Node, sym: Node, precision: Precision) -> Node:
    _, channels, height, width = x.get_output_shape(0)
    if precision == "int8":
        return _Bytes().layers(blocks, x, sym)
    if precision == "bf16" or channels < WIDE:
        return _Planes().layers(blocks, x, sym)
    tiles = _Tiles(height, width)
    return tiles.leave(tiles.layers(blocks, tiles.enter(x), sym))


class _Planes:
    """The layers on features as (1, channels, height, width).

    Convolutions come without their bias, which the norm that follows each of them removes.
    """

    def layers(self, layers: Iterable[nn.Module], x: Node, sym: Node) -> Node:
        for layer in layers:
            x = self.layer(layer, x, sym)
        return x

    def layer(self, layer: nn.Module, x: Node, sym: Node) -> Node:
        match layer:
            case ConvBlock():
                return ops.relu(self._normed(layer.conv, layer.norm, x, sym))
            case ResidualBlock():
                inner = ops.relu(self._normed(layer.conv1, layer.norm1, x, sym))
                return ops.add(x, self._normed(layer.conv2, layer.norm2, inner, sym))
        raise TypeError(f"no graph for a layer {type(layer).__name__}")

    def conv(self, conv: Conv, x: Node) -> Node:
        return _convolved(conv, x, _constant(conv.weight))

    def normalised(self, x: Node) -> Node:
        return ops.mvn(x, np.array([2, 3]), True, EPSILON, "inside_sqrt")

    def per_channel(self, values: Node) -> Node:
        return _column(values)

    def _normed(self, conv: Conv, norm: nn.Module, x: Node, sym: Node) -> Node:
        x = self.normalised(self.conv(conv, x))
        match norm:
            case InstanceNorm():
                return x
            case CentralBias():
                return ops.add(x, self.per_channel(ops.tanh(_linear(norm.bias, sym))))
        raise TypeError(f"no graph for a norm {type(norm).__name__}")


class _Bytes(_Planes):
    """The same with convolutions of bytes."""

    def conv(self, conv: Conv, x: Node) -> Node:
        """A convolution up to the scale and offset that an instance norm removes.

        Every channel is moved to begin at 0 (reflection padding keeps the offset one constant per
        output channel), and all are scaled alike, so that the widest fills the bytes. The range
        that stands for them is an ordinary one, so that the norm's epsilon weighs about as in
        float32.
        """
        plane, everything = np.array([2, 3]), np.array([1, 2, 3])
        if x.get_type_name() != "Relu":  # nothing below 0 comes from there
            x = ops.subtract(x, ops.reduce_min(x, plane, True))
        width = ops.maximum(ops.reduce_max(x, everything, True), np.float32(TINY))
        low, high = np.float32(0), RANGE
        x = ops.multiply(x, ops.divide(RANGE, width))
        x = ops.fake_quantize(x, low, high, low, high, 256)
        weight = conv.weight.detach().numpy()
        step = np.abs(weight).max(axis=(1, 2, 3), keepdims=True).clip(TINY) / 127
        steps = ops.convert(ops.constant(np.round(weight / step).astype(np.int8)), np.float32)
        return _convolved(conv, x, ops.multiply(steps, ops.constant(step)))


class _Tiles(_Planes):
    """The same with Winograd's 3x3 convolutions, on features as (rows, channels) of a tiling.

    Rows that are no pixel hold anything: they are never taken in, and no mean counts them.
    """

    def __init__(self, height: int, width: int) -> None:
        self._size = (height, width)
        self._tiling = Tiling(height, width)

    def enter(self, x: Node) -> Node:
        """Planes as rows."""
        channels = x.get_output_shape(0)[1]
        x = ops.reshape(ops.transpose(x, np.array([0, 2, 3, 1])), np.array([-1, channels]), False)
        return _rows(x, self._tiling.pixels)

    def leave(self, x: Node) -> Node:
        """Rows as planes."""
        x = ops.reshape(_rows(x, self._tiling.places), np.array([1, *self._size, -1]), False)
        return ops.transpose(x, np.array([0, 3, 1, 2]))

    def conv(self, conv: Conv, x: Node) -> Node:
        kernel = transformed(conv.weight.detach().numpy())
        tiles, (_, outputs, inputs) = self._tiling.tiles, kernel.shape
        x = _combined(PLANE.inputs, _rows(x, self._tiling.taken), tiles * inputs)
        x = ops.reshape(x, np.array([-1, tiles, inputs]), False)
        x = ops.matmul(x, _constant(kernel), False, True)
        x = _combined(PLANE.outputs, x, tiles * outputs)
        return ops.reshape(x, np.array([-1, outputs]), False)

    def normalised(self, x: Node) -> Node:
        weights = _constant(self._tiling.weights[None])
        x = ops.subtract(x, ops.matmul(weights, x, False, False))
        variance = ops.matmul(weights, ops.multiply(x, x), False, False)
        return ops.divide(x, ops.sqrt(ops.add(variance, np.float32(EPSILON))))

    def per_channel(self, values: Node) -> Node:
        return values


def _rows(x: Node, indices: Array) -> Node:
    return ops.gather(x, ops.constant(indices), np.int64(0))


def _combined(transform: Array, x: Node, width: int) -> Node:
    x = ops.reshape(x, np.array([transform.shape[1], width]), False)
    return ops.matmul(_constant(transform), x, False, False)


def _head(conv: ReflectConv, x: Node) -> Node:
    """The output's convolution in two parts: three output channels leave most vector lanes idle.

    First along the rows, with an output for every row of the kernel; then those are summed. It is
    faster in every precision.
    """
    assert conv.bias is not None
    outputs, inputs, side, _ = conv.weight.shape
    along = conv.weight.permute(2, 0, 1, 3).reshape(side * outputs, inputs, 1, side)
    each = np.eye(side * outputs).reshape(side, outputs, -1).transpose(1, 2, 0)[..., None]
    x = _convolution(_mirrored(x, conv.margin), _constant(along))
    return ops.add(_convolution(x, _constant(each)), _constant(conv.bias[None, :, None, None]))


def _convolved(conv: Conv, x: Node, weight: Node) -> Node:
    pad, strides = int(conv.padding[0]), list(conv.stride)
    if isinstance(conv, nn.ConvTranspose2d):
        return ops.convolution_backprop_data(
            x, weight, strides, pads_begin=[pad] * 2, pads_end=[pad] * 2, output_padding=[1, 1]
        )
    if isinstance(conv, ReflectConv):
        return _convolution(_mirrored(x, conv.margin), weight)
    return _convolution(x, weight, strides, pad)


def _convolution(x: Node, weight: Node, strides: Iterable[int] = (1, 1), pad: int = 0) -> Node:
    return ops.convolution(x, weight, list(strides), [pad] * 2, [pad] * 2, [1, 1])


def _mirrored(x: Node, margin: int) -> Node:
    edge = np.array([0, 0, margin, margin])
    return ops.pad(x, edge, edge, "reflect")


def _gate(gate: nn.Module, x: Node, sym: Node) -> Node:
    match gate:
        case CCAM():
            pooled = ops.reduce_mean(x, np.array([2, 3]))
            joint = ops.concat([pooled, ops.relu(_linear(gate.embed, sym))], 1)
            hidden = ops.relu(_linear(gate.squeeze, joint))
            return ops.multiply(x, _column(ops.sigmoid(_linear(gate.excite, hidden))))
        case NoGate():
            return x
    raise TypeError(f"no graph for a gate {type(gate).__name__}")


def _linear(linear: nn.Linear, x: Node) -> Node:
    return ops.add(ops.matmul(x, _constant(linear.weight), False, True), _constant(linear.bias))


def _column(x: Node) -> Node:
    return ops.unsqueeze(x, np.array([2, 3]))


def _bytes(x: Node) -> Node:
    x = ops.round(ops.multiply(ops.add(x, np.float32(1)), np.float32(127.5)), "half_to_even")
    return ops.transpose(ops.convert(x, np.uint8), np.array([0, 2, 3, 1]))


def _constant(values: Tensor | Array) -> Node:
    """In float32; where an array is left to OpenVINO, it makes a list of it first."""
    array = values.detach().numpy() if isinstance(values, Tensor) else values
    return ops.constant(np.ascontiguousarray(array, np.float32))

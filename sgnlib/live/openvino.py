"""The generator as an OpenVINO graph, built layer by layer from the trained weights.

Nothing is traced or exported, so the graph is exactly Table 4; it ends with the picture's bytes.

In int8, the residual blocks (nine tenths of the work at the paper's size) multiply bytes. Nothing
is calibrated for it: each convolution there is followed by an instance norm, which removes a scale
that all its input had in common, and an offset of each channel. So the range that the input has for
this picture is stretched over the bytes, and nothing has to be taken back.

In float32, residual blocks that are wide enough multiply a quarter as often (`sgnlib.nn.winograd`).
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from functools import cache
from typing import Any, Literal

import numpy as np
import openvino as ov
import torch
from openvino import opset13 as ops
from torch import Tensor, nn

from sgnlib.live.backends import Picture, Point
from sgnlib.nn.blocks import ConvBlock, InstanceNorm, ReflectConv, ResidualBlock
from sgnlib.nn.conditioning import CCAM, CentralBias, NoGate
from sgnlib.nn.generator import Generator
from sgnlib.nn.winograd import PLANE, Tiling, transformed
from sgnlib.shapes import Images

Precision = Literal["f32", "bf16", "int8"]
Node = Any
Conv = nn.Conv2d | nn.ConvTranspose2d
EPSILON = 1e-5
"""torch's epsilon in instance norm."""

TINY = 1e-5
"""A range that counts as none."""

WIDE = 128
"""From so many channels on, the residual blocks' float32 convolutions are Winograd's."""

RANGE = np.float32(8)
"""What bytes from 0 to 255 stand for in int8: about the range of normalised features."""


class OpenVINOBackend:
    """The generator in OpenVINO on the CPU; compiled anew for every size of photo.

    Args:
        generator: Trained.
        precision: "f32"; "bf16" where the processor has it; or "int8", whose likeness to float32
            depends on the photo: the engine does not choose it by itself.
    """

    def __init__(self, generator: Generator, precision: Precision) -> None:
        self.name = f"OpenVINO {precision}"
        self._generator = generator
        self._precision = precision
        others = "bf16" if has_bfloat16() else "f32"
        self._config = {
            "INFERENCE_PRECISION_HINT": others if precision == "int8" else precision,
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_NUM_THREADS": torch.get_num_threads(),
        }
        self._requests: dict[tuple[int, ...], Any] = {}
        self._lock = threading.Lock()  # a request serves one caller at a time

    @torch.inference_mode()
    def prepare(self, photo: Images) -> Tensor:
        """The first convolution's features; with CONCAT, which mixes S in there, the photo."""
        if self._generator.injection == "concat":
            return photo
        features = self._generator.enter(photo, photo.new_zeros(1, self._generator.domains))
        return features.contiguous()

    def picture(self, prepared: Tensor, sym: Point) -> Picture:
        """The prepared photo translated to S."""
        inputs = [prepared.numpy(), sym.contiguous().numpy()]
        with self._lock:
            request = self._request(tuple(prepared.shape))
            return request.infer(inputs, share_inputs=True)[0][0].copy()

    def _request(self, shape: tuple[int, ...]) -> Any:
        if shape not in self._requests:
            model = build(self._generator, shape, self._precision)
            compiled = core().compile_model(model, "CPU", self._config)
            self._requests[shape] = compiled.create_infer_request()
        return self._requests[shape]


@cache
def core() -> ov.Core:
    """OpenVINO's runtime."""
    return ov.Core()


def has_bfloat16() -> bool:
    """Whether the processor computes in bfloat16."""
    return "BF16" in core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")


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
    """The layers on features as (1, channels, height, width)."""

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
        assert conv.bias is not None
        bias = conv.bias.detach().numpy()
        return ops.add(_convolved(conv, x, conv.weight.detach().numpy()), bias[None, :, None, None])

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
    """The same with convolutions of bytes, up to what an instance norm removes."""

    def conv(self, conv: Conv, x: Node) -> Node:
        """A convolution up to the scale and offset that an instance norm removes.

        Every channel is moved to begin at 0 (reflection padding keeps the offset one constant per
        output channel), and all are scaled alike, so that the widest fills the bytes. The range
        that stands for them is an ordinary one, so that the norm's epsilon weighs about as in
        float32.
        """
        plane, everything = np.array([2, 3]), np.array([1, 2, 3])
        if x.get_type_name() != "Relu":  # that begins at 0
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
    """The same on features as (rows, channels) in the order of a tiling.

    3x3 convolutions only, without the bias, which an instance norm removes.
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
        x = _combined(PLANE.outputs, ops.matmul(x, kernel, False, True), tiles * outputs)
        return ops.reshape(x, np.array([-1, outputs]), False)

    def normalised(self, x: Node) -> Node:
        weights = self._tiling.weights[None]
        x = ops.subtract(x, ops.matmul(weights, x, False, False))
        variance = ops.matmul(weights, ops.multiply(x, x), False, False)
        return ops.divide(x, ops.sqrt(ops.add(variance, np.float32(EPSILON))))

    def per_channel(self, values: Node) -> Node:
        return values


def _rows(x: Node, indices: Any) -> Node:
    return ops.gather(x, indices, np.int64(0))


def _combined(transform: Any, x: Node, width: int) -> Node:
    x = ops.reshape(x, np.array([transform.shape[1], width]), False)
    return ops.matmul(transform.astype(np.float32), x, False, False)


def _convolved(conv: Conv, x: Node, weight: Any) -> Node:
    pads, strides = [int(conv.padding[0])] * 2, list(conv.stride)
    if isinstance(conv, nn.ConvTranspose2d):
        return ops.convolution_backprop_data(
            x, weight, strides, pads_begin=pads, pads_end=pads, output_padding=[1, 1]
        )
    if conv.padding_mode == "reflect":
        edge = np.array([0, 0, *pads])
        return _unpadded(ops.pad(x, edge, edge, "reflect"), weight)
    return ops.convolution(x, weight, strides, pads, pads, [1, 1])


def _unpadded(x: Node, weight: Any) -> Node:
    return ops.convolution(x, weight, [1, 1], [0, 0], [0, 0], [1, 1])


def _head(conv: ReflectConv, x: Node) -> Node:
    """The output's convolution in two parts, since three channels leave most vector lanes idle.

    First along the rows, with an output for every row of the kernel; then those are summed.
    """
    assert conv.bias is not None
    weight, bias = conv.weight.detach().numpy(), conv.bias.detach().numpy()
    outputs, inputs, side, _ = weight.shape
    edge = np.array([0, 0, conv.margin, conv.margin])
    along = weight.transpose(2, 0, 1, 3).reshape(side * outputs, inputs, 1, side)
    each = np.eye(side * outputs, dtype=np.float32).reshape(side, outputs, -1)
    x = _unpadded(ops.pad(x, edge, edge, "reflect"), along)
    return ops.add(_unpadded(x, each.transpose(1, 2, 0)[..., None]), bias[None, :, None, None])


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
    weight, bias = linear.weight.detach().numpy(), linear.bias.detach().numpy()
    return ops.add(ops.matmul(x, weight, False, True), bias[None])


def _column(x: Node) -> Node:
    return ops.unsqueeze(x, np.array([2, 3]))


def _bytes(x: Node) -> Node:
    x = ops.round(ops.multiply(ops.add(x, np.float32(1)), np.float32(127.5)), "half_to_even")
    return ops.transpose(ops.convert(x, np.uint8), np.array([0, 2, 3, 1]))

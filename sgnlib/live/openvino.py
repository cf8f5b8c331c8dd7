"""The generator as an OpenVINO graph, built layer by layer from the trained weights.

Nothing is traced or exported, so the graph is exactly Table 4; it ends with the picture's bytes.

In int8, the residual blocks (nine tenths of the work at the paper's size) multiply bytes. Nothing
is calibrated for it: each convolution there is followed by an instance norm, which removes a scale
that all its input had in common, and an offset of each channel. So the range that the input has for
this picture is stretched over the bytes, and nothing has to be taken back.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any, Literal

import numpy as np
import openvino as ov
import torch
from openvino import opset13 as ops
from torch import Tensor, nn

from sgnlib.live.backends import Picture, Point
from sgnlib.nn.blocks import ConvBlock, InstanceNorm, ResidualBlock
from sgnlib.nn.conditioning import CCAM, CentralBias, NoGate
from sgnlib.nn.generator import Generator
from sgnlib.shapes import Images

Precision = Literal["f32", "bf16", "int8"]
Node = Any
Conv = Callable[[Any, Node], Node]
"""How the graph computes a convolution, given the layer and its input."""

EPSILON = 1e-5
"""torch's epsilon in instance norm."""

TINY = 1e-5
"""A range that counts as none."""

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
        self._int8 = precision == "int8"
        others = "bf16" if has_bfloat16() else "f32"
        self._config = {
            "INFERENCE_PRECISION_HINT": others if self._int8 else precision,
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
            model = build(self._generator, shape, int8=self._int8)
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
    generator: Generator, shape: tuple[int, ...], *, int8: bool = False, rounded: bool = True
) -> ov.Model:
    """The graph from the first convolution's features (CONCAT: the photo) and S to the bytes.

    Args:
        generator: Trained.
        shape: Of the features, (1, channels, height, width).
        int8: Whether the residual blocks multiply bytes.
        rounded: Whether it ends with bytes (1, height, width, 3), or with the image in [-1, 1],
            (1, 3, height, width).
    """
    x = features = ops.parameter(list(shape), np.float32, name="features")
    sym = ops.parameter([1, generator.domains], np.float32, name="sym")
    if generator.injection == "concat":
        planes = ops.broadcast(_column(sym), np.array([1, generator.domains, *shape[2:]]))
        x = _layer(generator.stem, ops.concat([x, planes], 1), sym)
    stages: tuple[Iterable[nn.Module], ...] = ((), generator.down, generator.blocks)
    for layers, gate in zip(stages, generator.gates, strict=True):
        conv = _conv8 if int8 and layers is generator.blocks else _conv
        x = _layer(gate, _layers(layers, x, sym, conv), sym)
    x = ops.tanh(_conv(generator.head, _layers(generator.up, x, sym)))
    return ov.Model([_bytes(x) if rounded else x], [features, sym])


def _bytes(x: Node) -> Node:
    x = ops.round(ops.multiply(ops.add(x, np.float32(1)), np.float32(127.5)), "half_to_even")
    return ops.transpose(ops.convert(x, np.uint8), np.array([0, 2, 3, 1]))


def _conv(conv: nn.Conv2d | nn.ConvTranspose2d, x: Node) -> Node:
    assert conv.bias is not None
    bias = conv.bias.detach().numpy()
    return ops.add(_convolved(conv, x, conv.weight.detach().numpy()), bias[None, :, None, None])


def _conv8(conv: nn.Conv2d, x: Node) -> Node:
    """A convolution of bytes, up to the scale and offset that an instance norm removes.

    Every channel is moved to begin at 0 (reflection padding keeps the offset one constant per
    output channel), and all are scaled alike, so that the widest fills the bytes. The range that
    stands for them is an ordinary one, so that the norm's epsilon weighs about as in float32.
    """
    plane, everything = np.array([2, 3]), np.array([1, 2, 3])
    x = ops.subtract(x, ops.reduce_min(x, plane, True))
    width = ops.maximum(ops.reduce_max(x, everything, True), np.float32(TINY))
    low, high = np.float32(0), RANGE
    x = ops.multiply(x, ops.divide(RANGE, width))
    x = ops.fake_quantize(x, low, high, low, high, 256)
    weight = conv.weight.detach().numpy()
    step = np.abs(weight).max(axis=(1, 2, 3), keepdims=True).clip(TINY) / 127
    steps = ops.convert(ops.constant(np.round(weight / step).astype(np.int8)), np.float32)
    return _convolved(conv, x, ops.multiply(steps, ops.constant(step)))


def _convolved(conv: nn.Conv2d | nn.ConvTranspose2d, x: Node, weight: Any) -> Node:
    pads, strides = [int(conv.padding[0])] * 2, list(conv.stride)
    if isinstance(conv, nn.ConvTranspose2d):
        return ops.convolution_backprop_data(
            x, weight, strides, pads_begin=pads, pads_end=pads, output_padding=[1, 1]
        )
    if conv.padding_mode == "reflect":
        edge = np.array([0, 0, *pads])
        x, pads = ops.pad(x, edge, edge, "reflect"), [0, 0]
    return ops.convolution(x, weight, strides, pads, pads, [1, 1])


def _layers(layers: Iterable[nn.Module], x: Node, sym: Node, conv: Conv = _conv) -> Node:
    for layer in layers:
        x = _layer(layer, x, sym, conv)
    return x


def _layer(layer: nn.Module, x: Node, sym: Node, conv: Conv = _conv) -> Node:
    match layer:
        case ConvBlock():
            return ops.relu(_layer(layer.norm, conv(layer.conv, x), sym))
        case ResidualBlock():
            inner = ops.relu(_layer(layer.norm1, conv(layer.conv1, x), sym))
            return ops.add(x, _layer(layer.norm2, conv(layer.conv2, inner), sym))
        case InstanceNorm():
            return _instance_norm(x)
        case CentralBias():
            return ops.add(_instance_norm(x), _column(ops.tanh(_linear(layer.bias, sym))))
        case CCAM():
            pooled = ops.reduce_mean(x, np.array([2, 3]))
            joint = ops.concat([pooled, ops.relu(_linear(layer.embed, sym))], 1)
            hidden = ops.relu(_linear(layer.squeeze, joint))
            return ops.multiply(x, _column(ops.sigmoid(_linear(layer.excite, hidden))))
        case NoGate():
            return x
    raise TypeError(f"no graph for a layer {type(layer).__name__}")


def _instance_norm(x: Node) -> Node:
    return ops.mvn(x, np.array([2, 3]), True, EPSILON, "inside_sqrt")


def _linear(linear: nn.Linear, x: Node) -> Node:
    weight, bias = linear.weight.detach().numpy(), linear.bias.detach().numpy()
    return ops.add(ops.matmul(x, weight, False, True), bias[None])


def _column(x: Node) -> Node:
    return ops.unsqueeze(x, np.array([2, 3]))

"""The generator as two ONNX models, built layer by layer from the trained weights.

`enter_model` is what does not depend on S and is computed once per photo, `mix_model` the rest,
once per S: as the live engine divides it. Nothing is traced, so the graphs are exactly Table 4.
Residual blocks that are wide enough multiply a quarter as often (`sgnlib.nn.winograd`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn

from sgnlib.nn.blocks import ConvBlock, InstanceNorm, ReflectConv, ResidualBlock
from sgnlib.nn.conditioning import CCAM, CentralBias, NoGate
from sgnlib.nn.generator import Generator
from sgnlib.nn.winograd import INPUTS, OUTPUTS, PLANE, TAPS

Precision = Literal["f32", "f16"]
_Conv = nn.Conv2d | nn.ConvTranspose2d

OPSET = 17
IR_VERSION = 9
"""Old enough for runtimes of 2023; nothing newer is needed."""

WIDE = 128
"""From so many channels on, Winograd's tiles are faster in onnxruntime-web, whose vectors are
short: at 128 1.3 x, at 256 2.4 x the whole picture."""

EPSILON = 1e-5
"""torch's epsilon in instance norm."""

SIZE = ("height", "width")
"""Both free; the generator wants fours."""


def enter_model(generator: Generator, precision: Precision = "f32") -> onnx.ModelProto:
    """From the photo to the first convolution's features; with CONCAT the photo itself.

    Input `photo` (batch, 3, height, width) in [-1, 1], height and width multiples of 4; output
    `features` of the same height and width.

    Args:
        generator: Trained.
        precision: Of the weights in the file, half its size with "f16"; computed is in float32.
    """
    graph = _Graph(precision)
    photo = graph.input("photo", ["batch", 3, "height", "width"])
    if generator.injection == "concat":
        features = graph.node("Identity", photo)
    else:
        features = _layer(graph, generator.stem, photo, "")
    return graph.model("enter", features, "features", _width(generator))


def mix_model(generator: Generator, precision: Precision = "f32") -> onnx.ModelProto:
    """From the features and S to the picture.

    Inputs `features`, as `enter_model` gives them, and `sym` (batch, domains); output `picture`
    (batch, 3, height, width) in [-1, 1].

    Args:
        generator: Trained.
        precision: As in `enter_model`.
    """
    graph = _Graph(precision)
    x = graph.input("features", ["batch", _width(generator), *SIZE])
    sym = graph.input("sym", ["batch", generator.domains])
    if generator.injection == "concat":
        size = graph.node("Shape", x, start=2)
        planes = graph.node("Expand", _column(graph, sym), size)
        x = _layer(graph, generator.stem, graph.node("Concat", x, planes, axis=1), sym)
    stages: tuple[Iterable[nn.Module], ...] = ((), generator.down, generator.blocks)
    for layers, gate in zip(stages, generator.gates, strict=True):
        x = _layer(graph, gate, _layers(graph, layers, x, sym), sym)
    x = _conv(graph, generator.head, _layers(graph, generator.up, x, sym))
    return graph.model("mix", graph.node("Tanh", x), "picture", 3)


class _Graph:
    """A graph that grows node by node; a value is the name of what a node puts out."""

    def __init__(self, precision: Precision) -> None:
        self._half = precision == "f16"
        self._inputs: list[onnx.ValueInfoProto] = []
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[TensorProto] = []
        self._matrices: dict[bytes, str] = {}

    def input(self, name: str, shape: Sequence[int | str]) -> str:
        self._inputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))
        return name

    def node(self, kind: str, *inputs: str, **attributes: Any) -> str:
        name = f"{kind.lower()}{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, inputs, [name], name, **attributes))
        return name

    def constant(self, values: NDArray[np.generic]) -> str:
        name = f"constant{len(self._constants)}"
        self._constants.append(numpy_helper.from_array(values, name))
        return name

    def integers(self, *values: int) -> str:
        return self.constant(np.array(values, np.int64))

    def matrix(self, values: NDArray[np.float64]) -> str:
        """A constant that several layers use; it is in the model once."""
        key = values.tobytes()
        if key not in self._matrices:
            self._matrices[key] = self.constant(values.astype(np.float32))
        return self._matrices[key]

    def weight(self, tensor: Tensor) -> str:
        values = tensor.detach().cpu().float().numpy()
        if not self._half:
            return self.constant(values)
        # Runtimes fold the cast when they load the model.
        return self.node("Cast", self.constant(values.astype(np.float16)), to=TensorProto.FLOAT)

    def model(self, name: str, value: str, output: str, channels: int) -> onnx.ModelProto:
        self._nodes.append(helper.make_node("Identity", [value], [output], output))
        shape: list[int | str] = ["batch", channels, *SIZE]
        outputs = [helper.make_tensor_value_info(output, TensorProto.FLOAT, shape)]
        graph = helper.make_graph(self._nodes, name, self._inputs, outputs, self._constants)
        opset = [helper.make_opsetid("", OPSET)]
        return helper.make_model(
            graph, opset_imports=opset, ir_version=IR_VERSION, producer_name="sgnlib"
        )


def _width(generator: Generator) -> int:
    return 3 if generator.injection == "concat" else int(generator.stem.conv.out_channels)


def _layers(graph: _Graph, layers: Iterable[nn.Module], x: str, sym: str) -> str:
    for layer in layers:
        x = _layer(graph, layer, x, sym)
    return x


def _layer(graph: _Graph, layer: nn.Module, x: str, sym: str) -> str:
    match layer:
        case ConvBlock():
            return graph.node("Relu", _normed(graph, layer.conv, layer.norm, x, sym))
        case ResidualBlock():
            inner = graph.node("Relu", _normed(graph, layer.conv1, layer.norm1, x, sym))
            return graph.node("Add", x, _normed(graph, layer.conv2, layer.norm2, inner, sym))
        case CCAM():
            pooled = graph.node("Flatten", graph.node("GlobalAveragePool", x))
            embedded = graph.node("Relu", _linear(graph, layer.embed, sym))
            joint = graph.node("Concat", pooled, embedded, axis=1)
            hidden = graph.node("Relu", _linear(graph, layer.squeeze, joint))
            gates = graph.node("Sigmoid", _linear(graph, layer.excite, hidden))
            return graph.node("Mul", x, _column(graph, gates))
        case NoGate():
            return x
    raise TypeError(f"no graph for a layer {type(layer).__name__}")


def _normed(graph: _Graph, conv: _Conv, norm: nn.Module, x: str, sym: str) -> str:
    scale = graph.constant(np.ones(conv.out_channels, np.float32))
    shift = graph.constant(np.zeros(conv.out_channels, np.float32))
    wide = isinstance(conv, ReflectConv) and conv.margin == 1 and conv.in_channels >= WIDE
    x = (_winograd if wide else _conv)(graph, conv, x)
    x = graph.node("InstanceNormalization", x, scale, shift, epsilon=EPSILON)
    match norm:
        case InstanceNorm():
            return x
        case CentralBias():
            bias = graph.node("Tanh", _linear(graph, norm.bias, sym))
            return graph.node("Add", x, _column(graph, bias))
    raise TypeError(f"no graph for a norm {type(norm).__name__}")


def _conv(graph: _Graph, conv: _Conv, x: str) -> str:
    assert conv.bias is not None
    weight, bias = graph.weight(conv.weight), graph.weight(conv.bias)
    pads, strides = [int(conv.padding[0])] * 4, list(conv.stride)
    if isinstance(conv, nn.ConvTranspose2d):
        outer = list(conv.output_padding)
        kind = "ConvTranspose"
        return graph.node(kind, x, weight, bias, strides=strides, pads=pads, output_padding=outer)
    if conv.padding_mode == "reflect":
        edges = graph.integers(0, 0, *pads[:2], 0, 0, *pads[2:])
        x, pads = graph.node("Pad", x, edges, mode="reflect"), [0] * 4
    return graph.node("Conv", x, weight, bias, strides=strides, pads=pads)


def _winograd(graph: _Graph, conv: _Conv, x: str) -> str:
    """A 3x3 convolution of mirrored features, without the bias, which the norm after it removes."""
    channels, taps, places = conv.in_channels, TAPS**2, INPUTS**2
    size = graph.node("Shape", x, start=2)
    side = graph.integers(OUTPUTS, OUTPUTS)
    rounded_up = graph.node("Add", size, graph.integers(OUTPUTS - 1, OUTPUTS - 1))
    tiles = graph.node("Div", rounded_up, side)
    more = graph.node("Sub", graph.node("Mul", tiles, side), size)  # is cut off in the end
    x = graph.node("Pad", x, graph.integers(0, 0, 1, 1, 0, 0, 1, 1), mode="reflect")
    x = graph.node("Pad", x, graph.node("Concat", graph.integers(*[0] * 6), more, axis=0))
    # The tiles' transform is a convolution with its 36 rows as kernels, the same for every channel.
    alone = graph.node("Concat", graph.integers(-1, 1), graph.node("Shape", x, start=2), axis=0)
    kernels = graph.matrix(PLANE.inputs.reshape(places, 1, INPUTS, INPUTS))
    x = graph.node("Conv", graph.node("Reshape", x, alone), kernels, strides=[OUTPUTS] * 2)
    by_place = graph.node("Concat", graph.integers(-1, channels, places), tiles, axis=0)
    x = graph.node("Transpose", graph.node("Reshape", x, by_place), perm=[0, 2, 1, 3, 4])
    x = graph.node("Reshape", x, graph.integers(0, 0, 0, -1))
    # Runtimes make the transformed weights once, when they load the model.
    weight = graph.node("Reshape", graph.weight(conv.weight), graph.integers(-1, taps))
    weight = graph.node("Transpose", weight, perm=[1, 0])
    weight = graph.node("MatMul", graph.matrix(PLANE.taps), weight)
    weight = graph.node("Reshape", weight, graph.integers(places, conv.out_channels, channels))
    x = graph.node("Transpose", graph.node("MatMul", weight, x), perm=[0, 2, 1, 3])
    x = graph.node("MatMul", graph.matrix(PLANE.outputs), x)
    count = graph.integers(-1, OUTPUTS**2 * conv.out_channels)
    x = graph.node("Reshape", x, graph.node("Concat", count, tiles, axis=0))
    x = graph.node("DepthToSpace", x, blocksize=OUTPUTS, mode="CRD")
    return graph.node("Slice", x, graph.integers(0, 0), size, graph.integers(2, 3))


def _linear(graph: _Graph, linear: nn.Linear, x: str) -> str:
    weight, bias = graph.weight(linear.weight), graph.weight(linear.bias)
    return graph.node("Gemm", x, weight, bias, transB=1)


def _column(graph: _Graph, x: str) -> str:
    return graph.node("Unsqueeze", x, graph.integers(2, 3))

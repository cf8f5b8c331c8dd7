"""The generator in OpenVINO on the CPU."""

from __future__ import annotations

import threading
from functools import cache
from typing import Any

import openvino as ov
import torch
from torch import Tensor

from sgnlib.live.backends import Picture, Point
from sgnlib.live.openvino_graph import Precision, build
from sgnlib.nn.generator import Generator
from sgnlib.shapes import Images

KEPT = 2
"""Sizes of photos that stay compiled: each has weights of its own, for the paper's 0.4 GB."""


class OpenVINOBackend:
    """The generator in OpenVINO on the CPU; compiled for every size of photo.

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
        request = self._requests.pop(shape, None) or self._compiled(shape)
        self._requests[shape] = request  # at the end: the one used last
        for old in list(self._requests)[:-KEPT]:
            del self._requests[old]
        return request

    def _compiled(self, shape: tuple[int, ...]) -> Any:
        model = build(self._generator, shape, self._precision)
        return core().compile_model(model, "CPU", self._config).create_infer_request()


@cache
def core() -> ov.Core:
    """OpenVINO's runtime."""
    return ov.Core()


def has_bfloat16() -> bool:
    """Whether the processor computes in bfloat16."""
    return "BF16" in core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")

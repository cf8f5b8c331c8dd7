"""The picture as a CUDA graph: one launch in place of one for each of some hundred kernels.

Written after PyTorch's documentation and not yet run on a GPU. It is one candidate among others:
where it fails or is not alike enough, `backends` leaves it out, and the log says why it failed.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass

import torch
from torch import Tensor

from sgnlib.live.backends import Picture, Point, TorchBackend, to_picture
from sgnlib.nn.generator import Generator

WARM_UP = 3
"""Pictures before the capture, in which cuDNN chooses its algorithms."""


@dataclass(frozen=True)
class _Captured:
    """A graph, and the tensors that it reads and writes, always in the same places."""

    graph: torch.cuda.CUDAGraph
    prepared: Tensor
    point: Tensor
    image: Tensor


class GraphBackend(TorchBackend):
    """The generator in torch on a GPU, captured anew for every size of photo.

    Args:
        generator: Trained; it is copied.
        device: A GPU.
        dtype: float16, or as `TorchBackend`.
    """

    def __init__(
        self,
        generator: Generator,
        device: torch.device | str = "cuda",
        dtype: torch.dtype = torch.float16,
    ) -> None:
        super().__init__(generator, device, dtype)
        self.name += " graph"
        self._graphs: dict[tuple[int, ...], _Captured] = {}
        self._lock = threading.Lock()  # the places serve one caller at a time

    @torch.inference_mode()
    def picture(self, prepared: Tensor, sym: Point) -> Picture:
        """The prepared photo translated to S."""
        with self._lock:
            if (shape := tuple(prepared.shape)) not in self._graphs:
                self._graphs[shape] = self._capture(prepared, sym)
            captured = self._graphs[shape]
            captured.prepared.copy_(prepared)
            captured.point.copy_(sym)
            captured.graph.replay()
            return to_picture(captured.image)

    def _capture(self, prepared: Tensor, sym: Point) -> _Captured:
        prepared, point = prepared.clone(), sym.to(self.device, self.dtype)
        aside = torch.cuda.Stream(self.device)
        aside.wait_stream(torch.cuda.current_stream(self.device))
        with torch.cuda.stream(aside):
            for _ in range(WARM_UP):
                self.image(prepared, point)
        torch.cuda.current_stream(self.device).wait_stream(aside)
        graph = torch.cuda.CUDAGraph()
        # Other threads may use the GPU meanwhile.
        with torch.cuda.graph(graph, capture_error_mode="thread_local"):
            image = self.image(prepared, point)
        return _Captured(graph, prepared, point, image)

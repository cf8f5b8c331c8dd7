"""The generator as other programs compute it: torch in several number formats, and OpenVINO.

Every backend makes a picture in two parts, since the first convolution and its norm do not depend
on S: `prepare` once per photo, `picture` once per S. All candidates give float32 torch's picture to
40 dB PSNR; `fastest` measures that, and the time, on the machine at hand. int8 is no candidate.
"""

from __future__ import annotations

import copy
import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median
from typing import Any, Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Float, UInt8
from numpy.typing import NDArray
from torch import Tensor

from sgnlib.nn.generator import Generator
from sgnlib.shapes import Images
from sgnlib.sym import centre, corners

log = logging.getLogger(__name__)

Picture = UInt8[np.ndarray, "height width 3"]
Point = Float[Tensor, "1 domains"]

LEAST_PSNR = 40.0
"""dB to float32 torch that a backend must reach at all corners and in the middle to be chosen."""


@runtime_checkable
class Backend(Protocol):
    """One way to compute one generator."""

    name: str

    def prepare(self, photo: Images) -> Any:
        """All that does not depend on S, for a photo as a batch of one in [-1, 1]."""

    def picture(self, prepared: Any, sym: Point) -> Picture:
        """The prepared photo translated to S."""


class TorchBackend:
    """The generator in torch.

    Args:
        generator: Trained; it is copied.
        device: Where to compute.
        dtype: float32, bfloat16 or float16.
    """

    def __init__(
        self,
        generator: Generator,
        device: torch.device | str = "cpu",
        dtype: torch.dtype = torch.float32,
    ) -> None:
        self.device, self.dtype = torch.device(device), dtype
        # In float32 the CPU's convolutions choose their own layout; the others need to be told.
        layout = torch.contiguous_format if dtype == torch.float32 else torch.channels_last
        model = copy.deepcopy(generator).eval().requires_grad_(False)
        self._model = model.to(self.device, dtype).to(memory_format=layout)
        self._layout = layout
        self.name = f"torch {str(dtype).removeprefix('torch.')} {self.device}"

    @torch.inference_mode()
    def prepare(self, photo: Images) -> Tensor:
        """The first convolution's features; with CONCAT, which mixes S in there, the photo."""
        x = photo.to(self.device, self.dtype, memory_format=self._layout)
        if self._model.injection == "concat":
            return x
        return self._model.enter(x, x.new_zeros(1, self._model.domains))

    @torch.inference_mode()
    def picture(self, prepared: Tensor, sym: Point) -> Picture:
        """The prepared photo translated to S."""
        return to_picture(self.image(prepared, sym.to(self.device, self.dtype)))

    @torch.inference_mode()
    def image(self, prepared: Tensor, point: Point) -> Images:
        """The picture before it is rounded, in [-1, 1], where and in the format it is computed."""
        if self._model.injection == "concat":
            return self._model(prepared, point)
        return self._model.mix(prepared, point)


def to_picture(image: Images) -> Picture:
    """A batch of one in [-1, 1] as bytes, rounded."""
    array = image[0].permute(1, 2, 0).float().add(1).mul_(127.5).round_().clamp_(0, 255)
    return array.to(torch.uint8).cpu().numpy()


def psnr(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    """Peak signal-to-noise ratio of two pictures in dB; infinite if they are equal."""
    error = np.mean((one.astype(np.float32) - other) ** 2)
    return float(10 * np.log10(255**2 / error)) if error else float("inf")


def usable(generator: Generator, photo: Images, *others: Backend) -> Iterator[Backend]:
    """The candidates, and others, that do give a picture here; of the rest, the log says why."""
    for backend in (*candidates(generator), *others):
        try:
            backend.picture(backend.prepare(photo), centre(generator.domains))
        except Exception as error:  # what a driver or a processor lacks shows in many ways
            log.warning("%s is not used: %s", backend.name, error)
            continue
        yield backend


def candidates(generator: Generator) -> Iterator[Backend]:
    """The backends that this machine may have, the plainest first."""
    yield TorchBackend(generator)
    if torch.cuda.is_available():
        from sgnlib.live.cuda import GraphBackend

        yield TorchBackend(generator, "cuda", torch.float16)
        yield GraphBackend(generator)
    try:
        from sgnlib.live.openvino import OpenVINOBackend, has_bfloat16
    except ImportError:  # not built for every processor
        return
    yield OpenVINOBackend(generator, "f32")
    if has_bfloat16():
        yield OpenVINOBackend(generator, "bf16")
        yield TorchBackend(generator, dtype=torch.bfloat16)


@dataclass(frozen=True)
class Measured:
    """A backend, its time per picture in seconds, and its least PSNR to float32 torch in dB."""

    backend: Backend
    seconds: float
    psnr: float


def measure(generator: Generator, photo: Images, repeats: int = 3) -> list[Measured]:
    """Every candidate's time and likeness on this photo."""
    points = torch.cat([corners(generator.domains), centre(generator.domains)])
    plain = TorchBackend(generator)
    prepared = plain.prepare(photo)
    wanted = [plain.picture(prepared, point[None]) for point in points]
    backends = usable(generator, photo)
    return [_measured(one, photo, points, wanted, repeats) for one in backends]


def fastest(generator: Generator, photo: Images) -> Measured:
    """The quickest backend here among those alike enough."""
    alike = [one for one in measure(generator, photo) if one.psnr >= LEAST_PSNR]
    return min(alike, key=lambda one: one.seconds)


def _measured(
    backend: Backend, photo: Images, points: Tensor, wanted: list[Picture], repeats: int
) -> Measured:
    prepared = backend.prepare(photo)
    made = [backend.picture(prepared, point[None]) for point in points]
    times = []
    for number in range(repeats):
        start = time.perf_counter()
        backend.picture(prepared, points[number % len(points), None])
        times.append(time.perf_counter() - start)
    likeness = min(psnr(ours, theirs) for ours, theirs in zip(made, wanted, strict=True))
    return Measured(backend, median(times), likeness)

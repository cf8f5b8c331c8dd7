"""Every backend gives float32 torch's picture, at every S and size."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch

from sgnlib.evaluation.models import shipped_model
from sgnlib.experiments import Injection
from sgnlib.live import backends
from sgnlib.live.backends import LEAST_PSNR, TorchBackend, candidates, psnr, to_picture
from sgnlib.live.photos import shipped_photos
from sgnlib.nn.generator import Generator
from sgnlib.sym import centre, corners

POINTS = ((1.0, 0.0, 0.0), (0.2, 0.3, 0.5), (0.0, 1.5, 0.0))


@pytest.fixture(params=["ccam", "cbn", "concat"])
def generator(request: pytest.FixtureRequest) -> Generator:
    injection: Injection = request.param
    torch.manual_seed(0)
    return Generator(3, ngf=8, n_blocks=2, injection=injection).eval().requires_grad_(False)


@pytest.mark.parametrize("size", [(32, 32), (36, 64)])
def test_all_agree_with_the_generator(generator: Generator, size: tuple[int, int]) -> None:
    photo = torch.rand(1, 3, *size, generator=torch.Generator().manual_seed(1)) * 2 - 1
    for backend in candidates(generator):
        prepared = backend.prepare(photo)
        for point in POINTS:
            sym = torch.tensor([point])
            wanted = to_picture(generator(photo, sym))
            got = backend.picture(prepared, sym)
            assert got.shape == (*size, 3) and got.dtype == np.uint8
            assert psnr(got, wanted) >= LEAST_PSNR, (backend.name, point)


def test_float32_is_the_same_up_to_rounding() -> None:
    generator = Generator(3, ngf=8, n_blocks=1).eval().requires_grad_(False)
    photo = torch.rand(1, 3, 32, 32) * 2 - 1
    for backend in candidates(generator):
        if "32" in backend.name:
            got = backend.picture(backend.prepare(photo), torch.tensor([[0.2, 0.3, 0.5]]))
            wanted = to_picture(generator(photo, torch.tensor([[0.2, 0.3, 0.5]])))
            assert np.abs(got.astype(int) - wanted).max() <= 1, backend.name


@pytest.mark.parametrize("wide", [1, 1000], ids=["Winograd's", "plain"])
@pytest.mark.parametrize("size", [(36, 64), (40, 20)])
def test_float32_before_rounding_agrees_to_90_dB(
    generator: Generator, wide: int, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    openvino = pytest.importorskip("sgnlib.live.openvino", reason="no OpenVINO for this processor")
    from sgnlib.live import openvino_graph

    monkeypatch.setattr(openvino_graph, "WIDE", wide)
    photo = torch.rand(1, 3, *size, generator=torch.Generator().manual_seed(1)) * 2 - 1
    features = openvino.OpenVINOBackend(generator, "f32").prepare(photo)
    graph = openvino.build(generator, tuple(features.shape), rounded=False)
    assert gathers(graph) == (2 + 2 * len(generator.blocks) if wide == 1 else 0)
    precision = {"INFERENCE_PRECISION_HINT": "f32"}
    compiled = openvino.core().compile_model(graph, "CPU", precision)
    for point in POINTS:
        sym = torch.tensor([point])
        got = compiled([features.numpy(), sym.numpy()])[0]
        error = np.mean((got - generator(photo, sym).numpy()) ** 2)
        assert 10 * np.log10(2**2 / error) >= 90, point


def gathers(graph: Any) -> int:
    """Winograd's convolutions gather their tiles, and nothing else gathers."""
    return sum(node.get_type_name() == "Gather" for node in graph.get_ops())


def test_only_wide_float32_graphs_are_winograds() -> None:
    graphs = pytest.importorskip("sgnlib.live.openvino_graph", reason="no OpenVINO here")
    for ngf, precision, wanted in (
        (32, "f32", 4),
        (16, "f32", 0),
        (32, "bf16", 0),
        (32, "int8", 0),
    ):
        generator = Generator(3, ngf=ngf, n_blocks=1).eval().requires_grad_(False)
        assert gathers(graphs.build(generator, (1, ngf, 32, 32), precision)) == wanted


def test_a_constant_channel_is_no_division_by_zero(monkeypatch: pytest.MonkeyPatch) -> None:
    openvino = pytest.importorskip("sgnlib.live.openvino", reason="no OpenVINO for this processor")
    from sgnlib.live import openvino_graph

    monkeypatch.setattr(openvino_graph, "WIDE", 1)
    generator = Generator(3, ngf=8, n_blocks=1).eval().requires_grad_(False)
    generator.blocks[0].conv2.weight.zero_()
    photo = torch.rand(1, 3, 32, 32) * 2 - 1
    backend, sym = openvino.OpenVINOBackend(generator, "f32"), torch.tensor([[0.2, 0.3, 0.5]])
    assert (
        psnr(backend.picture(backend.prepare(photo), sym), to_picture(generator(photo, sym))) > 40
    )


def test_the_last_sizes_stay_compiled() -> None:
    openvino = pytest.importorskip("sgnlib.live.openvino", reason="no OpenVINO for this processor")
    generator = Generator(3, ngf=4, n_blocks=1).eval().requires_grad_(False)
    backend, sym = openvino.OpenVINOBackend(generator, "f32"), torch.tensor([[0.2, 0.3, 0.5]])
    for side in (16, 20, 16, 24):
        backend.picture(backend.prepare(torch.rand(1, 3, side, side)), sym)
    assert list(backend._requests) == [(1, 4, 16, 16), (1, 4, 24, 24)]


@pytest.mark.parametrize("model", ["model-1", "model-2-cbn", "model-2-concat"])
def test_int8_of_trained_weights_agrees_to_38_dB(model: str) -> None:
    openvino = pytest.importorskip("sgnlib.live.openvino", reason="no OpenVINO for this processor")
    generator = shipped_model(model, "laptop").generator
    photos = shipped_photos(128)
    for name in ("astronaut", "rocket"):  # an ordinary photo, and one that is nearly all dark
        plain = TorchBackend(generator)
        int8 = openvino.OpenVINOBackend(generator, "int8")
        for point in torch.cat([corners(3), centre(3)]):
            wanted = plain.picture(plain.prepare(photos[name]), point[None])
            got = int8.picture(int8.prepare(photos[name]), point[None])
            assert psnr(got, wanted) >= 38, (name, point)
    request = int8._request(tuple(int8.prepare(photos["rocket"]).shape))
    nodes = [
        dict(n.get_rt_info()) for n in request.get_compiled_model().get_runtime_model().get_ops()
    ]
    kinds = [
        n["runtimePrecision"].astype(str)
        for n in nodes
        if n["layerType"].astype(str) == "Convolution"
    ]
    assert kinds.count("u8") + kinds.count("i8") == 2 * len(generator.blocks), (
        "bytes are multiplied"
    )


def test_only_pictures_alike_enough_are_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    generator = Generator(3, ngf=4, n_blocks=1).eval().requires_grad_(False)

    class Wrong(TorchBackend):
        """At once, and wrong."""

        def picture(self, prepared: torch.Tensor, sym: torch.Tensor) -> np.ndarray:
            return np.zeros((16, 16, 3), dtype=np.uint8)

    def both(generator: Generator) -> Iterator[backends.Backend]:
        yield TorchBackend(generator)
        yield Wrong(generator)

    monkeypatch.setattr(backends, "candidates", both)
    photo = torch.rand(1, 3, 16, 16) * 2 - 1
    assert type(backends.fastest(generator, photo).backend) is TorchBackend


def test_a_backend_that_fails_is_left_out_and_named(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    generator = Generator(3, ngf=4, n_blocks=1).eval().requires_grad_(False)

    class Missing(TorchBackend):
        """Looks usable, and is not."""

        def picture(self, prepared: torch.Tensor, sym: torch.Tensor) -> np.ndarray:
            raise RuntimeError("no such instruction")

    def both(generator: Generator) -> Iterator[backends.Backend]:
        yield TorchBackend(generator)
        yield Missing(generator)

    monkeypatch.setattr(backends, "candidates", both)
    photo = torch.rand(1, 3, 16, 16) * 2 - 1
    assert [type(one.backend) for one in backends.measure(generator, photo)] == [TorchBackend]
    assert "is not used: no such instruction" in caplog.text


def test_psnr() -> None:
    grey = np.full((2, 2, 3), 100, dtype=np.uint8)
    assert psnr(grey, grey) == float("inf")
    assert psnr(grey, grey + np.uint8(10)) == pytest.approx(28.13, abs=0.01)

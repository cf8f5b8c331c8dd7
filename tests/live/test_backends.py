"""Every backend gives float32 torch's picture, at every S and size."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import torch

from sgnlib.experiments import Injection
from sgnlib.live import backends
from sgnlib.live.backends import LEAST_PSNR, TorchBackend, candidates, psnr, to_picture
from sgnlib.nn.generator import Generator

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

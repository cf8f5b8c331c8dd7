"""The CUDA graph gives what torch gives without one, for every photo and size."""

from __future__ import annotations

import pytest
import torch

from sgnlib.live.backends import TorchBackend, psnr
from sgnlib.live.cuda import GraphBackend
from sgnlib.nn.generator import Generator

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")


def test_a_replay_is_the_picture_of_its_photo_and_its_s() -> None:
    torch.manual_seed(0)
    generator = Generator(3, ngf=8, n_blocks=2).eval().requires_grad_(False)
    plain = TorchBackend(generator, "cuda", torch.float16)
    graph = GraphBackend(generator)
    for size in ((32, 32), (36, 64), (32, 32)):
        photo = torch.rand(1, 3, *size) * 2 - 1
        for point in ((1.0, 0.0, 0.0), (0.2, 0.3, 0.5)):
            sym = torch.tensor([point])
            wanted = plain.picture(plain.prepare(photo), sym)
            assert psnr(graph.picture(graph.prepare(photo), sym), wanted) > 50

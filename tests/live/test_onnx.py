"""The ONNX models give torch's picture: every injection, any size in fours."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
import torch
from numpy.typing import NDArray
from torch import nn

from sgnlib.experiments import Injection
from sgnlib.live import openvino
from sgnlib.live.onnx import enter_model, mix_model
from sgnlib.nn.generator import Generator

POINTS = ((1.0, 0.0, 0.0), (0.2, 0.3, 0.5), (0.0, 1.5, 0.0))
SIZES = ((32, 32), (36, 64), (20, 44))


@pytest.fixture(params=["ccam", "cbn", "concat"])
def generator(request: pytest.FixtureRequest) -> Generator:
    injection: Injection = request.param
    torch.manual_seed(0)
    return Generator(3, ngf=8, n_blocks=2, injection=injection).eval().requires_grad_(False)


def computed(model: onnx.ModelProto, *inputs: torch.Tensor) -> torch.Tensor:
    """What OpenVINO, which reads ONNX, makes of a model in float32."""
    onnx.checker.check_model(model, full_check=True)
    read = openvino.core().read_model(model.SerializeToString())
    compiled = openvino.core().compile_model(read, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    found: NDArray[np.float32] = compiled([one.numpy() for one in inputs])[0]
    return torch.from_numpy(found.copy())


def decibels(found: torch.Tensor, wanted: torch.Tensor) -> float:
    """PSNR of pictures in [-1, 1]."""
    return float(10 * torch.log10(4 / (found - wanted).square().mean()))


def translated(generator: Generator, photo: torch.Tensor, sym: torch.Tensor) -> torch.Tensor:
    features = computed(enter_model(generator), photo)
    return computed(mix_model(generator), features, sym)


@pytest.mark.parametrize("wide", [1, 1000], ids=["Winograd's", "plain"])
@pytest.mark.parametrize("size", SIZES)
def test_the_picture_is_torchs(
    generator: Generator, size: tuple[int, int], wide: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sgnlib.live.onnx.WIDE", wide)
    shuffles = [node.op_type for node in mix_model(generator).graph.node].count("DepthToSpace")
    assert shuffles == (2 * len(generator.blocks) if wide == 1 else 0)
    photo = torch.rand(1, 3, *size, generator=torch.Generator().manual_seed(1)) * 2 - 1
    for point in POINTS:
        sym = torch.tensor([point])
        found = translated(generator, photo, sym)
        assert found.shape == photo.shape
        assert decibels(found, generator(photo, sym)) > 90, point


def test_the_first_model_knows_no_sym(generator: Generator) -> None:
    model = enter_model(generator)
    assert [one.name for one in model.graph.input] == ["photo"]
    photo = torch.rand(1, 3, 16, 24) * 2 - 1
    wanted = photo
    if generator.injection != "concat":
        wanted = generator.enter(photo, torch.zeros(1, 3))
    assert torch.allclose(computed(model, photo), wanted, atol=1e-4)


@pytest.mark.parametrize("wide", [1, 1000], ids=["Winograd's", "plain"])
def test_a_batch_is_its_pictures(
    generator: Generator, wide: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sgnlib.live.onnx.WIDE", wide)
    photos = torch.rand(2, 3, 16, 24, generator=torch.Generator().manual_seed(1)) * 2 - 1
    syms = torch.tensor([[0.7, 0.2, 0.1], [0.1, 0.3, 0.6]])
    found = translated(generator, photos, syms)
    assert decibels(found, generator(photos, syms)) > 90


@pytest.mark.parametrize("wide", [1, 1000], ids=["Winograd's", "plain"])
def test_in_half_precision_weights_are_rounded_and_the_rest_is_not(
    generator: Generator, wide: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sgnlib.live.onnx.WIDE", wide)
    photo = torch.rand(1, 3, 32, 36, generator=torch.Generator().manual_seed(1)) * 2 - 1
    sym = torch.tensor([[0.2, 0.3, 0.5]])
    features = computed(enter_model(generator, "f16"), photo)
    found = computed(mix_model(generator, "f16"), features, sym)
    exact = generator(photo, sym)
    assert 45 < decibels(found, exact) < 90
    for weight in generator.parameters():
        weight.copy_(weight.half())
    assert decibels(found, generator(photo, sym)) > 90
    whole, half = (mix_model(generator, p).ByteSize() for p in ("f32", "f16"))
    assert whole - half > 0.95 * 2 * sum(
        weight.numel() for name, weight in generator.named_parameters() if "stem" not in name
    )


def test_a_layer_without_a_graph_is_named(generator: Generator) -> None:
    generator.blocks[0] = nn.Dropout()
    with pytest.raises(TypeError, match="no graph for a layer Dropout"):
        mix_model(generator)
    generator.down[0].norm = nn.BatchNorm2d(16)
    with pytest.raises(TypeError, match="no graph for a norm BatchNorm2d"):
        mix_model(generator)

"""Perceptual networks from files: equal layers give equal features, broken files are refused."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch

from sgnlib.experiments import MODEL_1, at_profile
from sgnlib.nn import backbone, vgg
from sgnlib.training.runs import run_path
from tests import golden

CHANNELS = (3, 4, 4, 6, 6, 8, 8, 8, 10, 10, 10)


def arrays(spelling: str = "block{}_conv{}", seed: int = 0) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    made = {}
    for name, inside, outside in zip(backbone.LAYERS, CHANNELS, CHANNELS[1:], strict=False):
        layer = spelling.format(*name.split("_"))
        made[f"{layer}.weight"] = rng.normal(0, 0.3, (outside, inside, 3, 3)).astype(np.float32)
        made[f"{layer}.bias"] = rng.normal(0, 0.1, outside).astype(np.float32)
    return made


def write(path: Path, content: dict[str, np.ndarray]) -> Path:
    if path.suffix == ".npz":
        np.savez(path, **content)
    else:
        tensors = {name: torch.from_numpy(array) for name, array in content.items()}
        path.write_bytes(safetensors.torch.save(tensors))
    return path


def test_layers_of_vgg16_give_vgg16s_features_up_to_the_scale(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = vgg.VGG16Features("random", 1 / 16)
    convolutions = [m for m in wanted.features if isinstance(m, torch.nn.Conv2d)]
    stored = {}
    for name, layer in zip(backbone.LAYERS, convolutions, strict=True):
        stored[f"conv{name}.weight"] = layer.weight.numpy()
        stored[f"conv{name}.bias"] = layer.bias.numpy()
    zeros = partial(torch.nn.Conv2d, padding=1)  # reflection is the only difference of the two
    monkeypatch.setattr(backbone, "ReflectConv", zeros)
    network = backbone.BackboneFeatures(write(tmp_path / "vgg.npz", stored))
    images = golden.image(5, 2, 64, 64)
    expected = wanted(images)
    for tap, features in network(images).items():
        torch.testing.assert_close(features / network.scales[tap], expected[tap])


@pytest.mark.parametrize("spelling", ["conv{}_{}", "conv{}{}", "block{}_conv{}"])
@pytest.mark.parametrize("ending", ["npz", "safetensors"])
def test_every_spelling_and_format_is_the_same_network(
    tmp_path: Path, spelling: str, ending: str
) -> None:
    plain = backbone.BackboneFeatures(write(tmp_path / "plain.npz", arrays()))
    file = write(tmp_path / f"other.{ending}", arrays(spelling))
    other, images = backbone.BackboneFeatures(file), golden.image(5, 2, 32, 32)
    for tap, features in plain(images).items():
        assert torch.equal(features, other(images)[tap])
    assert "other" in other.kind and backbone.network_digest(file) in other.kind
    assert not any(p.requires_grad for p in other.parameters())


def test_taps_stand_where_the_random_networks_do(tmp_path: Path) -> None:
    loud = {name: 7 * array for name, array in arrays().items()}
    for content in (arrays(), loud):
        network = backbone.BackboneFeatures(write(tmp_path / "net.npz", content))
        noise = vgg.pink_noise(np.random.default_rng(0))
        for tap, features in network(noise).items():
            width = features.shape[1] / backbone.VGG16_CHANNELS[tap]
            rms = float(features.square().mean().sqrt())
            assert rms == pytest.approx(vgg.RANDOM_SCALE * (width / 2) ** 0.5, rel=1e-4)


def test_conv0_stands_before_the_rest(tmp_path: Path) -> None:
    content = arrays()
    swap = np.eye(3, dtype=np.float32)[::-1, :, None, None].copy() * 255
    content |= {"conv0.weight": swap, "conv0.bias": np.full(3, -110, dtype=np.float32)}
    network = backbone.BackboneFeatures(write(tmp_path / "bgr.npz", content))
    images = golden.image(5, 2, 32, 32)
    wanted = ((images + 1) / 2).flip(1) * 255 - 110
    torch.testing.assert_close(network.normalise(images), wanted)


def test_gradient_reaches_the_images(tmp_path: Path) -> None:
    network = backbone.BackboneFeatures(write(tmp_path / "net.npz", arrays()))
    images = golden.image(5, 1, 32, 32).requires_grad_()
    network(images)["relu4_3"].square().mean().backward()
    assert images.grad is not None and images.grad.abs().max() > 0


def test_what_is_no_network_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"nothing\.npz"):
        backbone.BackboneFeatures(tmp_path / "nothing.npz")
    short = {name: array for name, array in arrays().items() if "block4" not in name}
    with pytest.raises(ValueError, match="lacks conv4_1, conv4_2, conv4_3"):
        backbone.BackboneFeatures(write(tmp_path / "short.npz", short))
    odd = arrays() | {"block2_conv1.weight": np.zeros((6, 4, 5, 5), dtype=np.float32)}
    with pytest.raises(ValueError, match=r"conv2_1 has a weight of \(6, 4, 5, 5\)"):
        backbone.BackboneFeatures(write(tmp_path / "odd.npz", odd))
    for ending in ("npz", "safetensors"):
        broken = tmp_path / f"broken.{ending}"
        broken.write_bytes(b"no arrays at all")
        with pytest.raises(ValueError, match="neither"):
            backbone.BackboneFeatures(broken)
    pickled = tmp_path / "pickled.npz"
    np.savez(pickled, **{"conv1_1.weight": np.array([{"any": "object"}], dtype=object)})
    with pytest.raises(ValueError, match="neither"):
        backbone.BackboneFeatures(pickled)


def test_the_files_content_is_part_of_a_runs_identity(tmp_path: Path) -> None:
    file = write(tmp_path / "net.npz", arrays())
    row = replace(at_profile(MODEL_1, "smoke"), features=str(file))
    before = run_path(row)
    assert before != run_path(at_profile(MODEL_1, "smoke"))
    write(file, arrays(seed=1))
    assert run_path(row) != before
    assert "net (SHA-256" in backbone.build_features(row).kind

"""The perceptual network: the authors' numbers, its stated stand-in, and its weights' file."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from sgnlib.experiments import MODEL_1, at_profile
from sgnlib.losses import perceptual
from sgnlib.nn import backbone, vgg
from tests import golden


@pytest.fixture(scope="module")
def authors() -> vgg.VGG16Features:
    network = vgg.VGG16Features("random", 1.0)
    shapes = {name: tuple(w.shape) for name, w in network.features.state_dict().items()}
    network.features.load_state_dict(golden.weights(shapes, golden.VGG_SEED))
    return network


def test_content_and_style_agree_with_the_authors_code(authors: vgg.VGG16Features) -> None:
    wanted = golden.expected()
    output = authors(wanted["generator_output"])
    source = authors(golden.source())
    target = authors(golden.style())
    torch.testing.assert_close(
        perceptual.content(output["relu2_2"], source["relu2_2"]),
        wanted["content_mse_relu2_2"],
        rtol=1e-4,
        atol=0,
    )
    grams = {tap: perceptual.gram(target[tap]) for tap in perceptual.STYLE_TAPS}
    for tap in perceptual.STYLE_TAPS:
        ours = perceptual.style(perceptual.gram(output[tap]), grams[tap])
        torch.testing.assert_close(ours, wanted[f"style_mse_{tap}"], rtol=1e-4, atol=0)
    content = 0.001 * perceptual.content(output["relu2_2"], source["relu2_2"])
    style = 100 * perceptual.weighted_style(output, grams, (0.1, 1, 10, 5))
    torch.testing.assert_close(content + style, wanted["loss_per"], rtol=1e-4, atol=0)


@pytest.mark.parametrize("width", [1.0, 0.25, 1 / 16])
def test_random_network_is_seeded_frozen_and_balanced(width: float) -> None:
    network, again = vgg.VGG16Features("random", width), vgg.VGG16Features("random", width)
    images = golden.image(5, 2, 64, 64)
    for tap, features in network(images).items():
        assert torch.equal(features, again(images)[tap])
        assert 0.05 < float((features > 0).float().mean()) < 0.95
    assert not any(p.requires_grad for p in network.parameters())
    assert "random" in network.kind and f"{width:g}" in network.kind


def test_gradient_reaches_the_images(authors: vgg.VGG16Features) -> None:
    images = golden.image(5, 1, 32, 32).requires_grad_()
    authors(images)["relu4_3"].square().mean().backward()
    assert images.grad is not None and images.grad.abs().max() > 0


def test_auto_falls_back_loudly(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("SGN_OFFLINE", "1")
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    with caplog.at_level(logging.WARNING):
        resolved = vgg.resolve_features(MODEL_1)
    assert resolved.features == "random"
    assert "seeded random weights" in caplog.text
    assert vgg.resolve_features(resolved) is resolved
    with pytest.raises(ValueError, match="resolve_features"):
        backbone.build_features(MODEL_1)


def test_auto_takes_cached_imagenet_weights_at_full_width(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    vgg.imagenet_file().parent.mkdir()
    vgg.imagenet_file().write_bytes(b"not the weights")
    row = replace(at_profile(MODEL_1, "quick"), features="auto")
    resolved = vgg.resolve_features(row)
    assert (resolved.features, resolved.feature_width) == ("imagenet", 1.0)
    with pytest.raises(ValueError, match="is damaged"):
        backbone.build_features(resolved)


def test_imagenet_weights_have_no_other_width() -> None:
    with pytest.raises(ValueError, match=r"width 0\.5"):
        vgg.VGG16Features("imagenet", 0.5)

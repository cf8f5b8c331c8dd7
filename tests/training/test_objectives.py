from __future__ import annotations

from dataclasses import dataclass, replace
from unittest.mock import patch

import pytest
import torch
from torch import Tensor

from sgnlib import experiments
from sgnlib.losses.adversarial import lsgan
from sgnlib.losses.perceptual import STYLE_TAPS, gram
from sgnlib.nn.vgg import VGG16Features
from sgnlib.shapes import Images, PerImage
from sgnlib.training.objectives import (
    AdversarialObjective,
    CycleAdversarialObjective,
    Networks,
    Objective,
    PerceptualObjective,
    ReconstructionObjective,
    Scene,
    objective,
)
from sgnlib.training.step import domain_losses
from sgnlib.training.trainer import build_networks, build_objectives
from tests.training.rows import TINY

SYM = torch.tensor([[0.5, 0.2, 0.3], [0.1, 0.75, 0.15]])


@pytest.fixture
def networks() -> Networks:
    return build_networks(TINY, torch.device("cpu"))


def images(seed: int, n: int = 2) -> Tensor:
    return torch.rand(n, 3, 32, 32, generator=torch.Generator().manual_seed(seed)) * 2 - 1


def scene(networks: Networks) -> Scene:
    return Scene(networks, images(1), SYM, images(2), {"ukiyoe": images(3)}, {1: images(4)})


def each_l1(a: Tensor, b: Tensor) -> Tensor:
    return torch.stack([(x - y).abs().mean() for x, y in zip(a, b, strict=True)])


def test_reconstruction(networks: Networks) -> None:
    got = ReconstructionObjective(experiments.Reconstruction("photo", 2.0))(scene(networks), 0)
    torch.testing.assert_close(got, 2 * each_l1(images(1), images(2)))


def test_adversarial_is_lsgan_plus_identity_under_the_same_sym(networks: Networks) -> None:
    got = AdversarialObjective(experiments.Adversarial("ukiyoe", 5.0))(scene(networks), 1)
    fooled = lsgan(networks.discriminators[1](images(2)), real=True)
    torch.testing.assert_close(got, fooled + 5 * each_l1(images(4), images(3)))


def test_identity_images_get_the_sym_at_their_place(networks: Networks) -> None:
    objectives = build_objectives(TINY, networks)
    with torch.no_grad():
        _, losses = domain_losses(networks, objectives, images(1), {"ukiyoe": images(3)}, SYM)
        output = networks.generator(images(1), SYM)
        kept = networks.generator(images(3), SYM)
        fooled = lsgan(networks.discriminators[1](output), real=True)
    torch.testing.assert_close(losses[:, 1], fooled + 5 * each_l1(kept, images(3)))


def test_no_identity_no_pass() -> None:
    assert not AdversarialObjective(experiments.Adversarial("ukiyoe", 0.0)).wants_identity


def test_cycle_goes_back_by_the_home_corner(networks: Networks) -> None:
    domain = experiments.CycleAdversarial("ukiyoe", cycle=10.0, home=2)
    with torch.no_grad():
        got = CycleAdversarialObjective(domain)(scene(networks), 1)
        back = networks.generator(images(2), torch.tensor([[0.0, 0.0, 1.0]]).repeat(2, 1))
        fooled = lsgan(networks.discriminators[1](images(2)), real=True)
    torch.testing.assert_close(got, fooled + 10 * each_l1(back, images(1)))


def test_perceptual(networks: Networks) -> None:
    features = networks.features
    assert features is not None
    domain = experiments.Perceptual("x", content=0.5, style=(0.1, 1.0, 10.0, 5.0), style_scale=7.0)
    one = PerceptualObjective(domain)
    one.prepare(features, images(9, 1))
    got = one(scene(networks), 2)
    for i in range(2):
        out, src = features(images(2)[i : i + 1]), features(images(1)[i : i + 1])
        target = features(images(9, 1))
        style = sum(
            weight * (gram(out[tap]) - gram(target[tap])).square().mean()
            for weight, tap in zip((0.1, 1, 10, 5), STYLE_TAPS, strict=True)
        )
        content = (out["relu2_2"] - src["relu2_2"]).square().mean()
        torch.testing.assert_close(got[i], 0.5 * content + 7 * style)


def test_features_are_computed_once_and_the_source_without_gradient(networks: Networks) -> None:
    row = replace(TINY, domains=(*TINY.domains[1:], replace(TINY.domains[2], data="udnie")))
    objectives = build_objectives(row, networks)
    for k, one in enumerate(objectives):
        one.wants_identity = False
        assert k == 0 or one.wants_features
    calls = []
    original = VGG16Features.forward

    def counted(self: VGG16Features, x: Images, last: str = "relu4_3") -> dict[str, Tensor]:
        calls.append((last, torch.is_grad_enabled()))
        return original(self, x, last)

    with patch.object(VGG16Features, "forward", counted):
        here = scene(networks)
        for k in (1, 2):
            objectives[k](here, k)
    assert sorted(calls) == [("relu2_2", False), ("relu4_3", True)]


@dataclass(frozen=True)
class Brightness(experiments.Reconstruction):
    """A loss kind of our own: the output's mean shall be `weight`."""


def test_a_new_kind_is_one_declaration_and_one_objective(networks: Networks) -> None:
    @objective.register(Brightness)
    class BrightnessObjective(Objective[Brightness]):
        def __call__(self, scene: Scene, position: int) -> PerImage:
            return (scene.output.mean(dim=(1, 2, 3)) - self.domain.weight).square()

    row = replace(TINY, domains=(*TINY.domains[:2], Brightness("photo", weight=0.25)))
    objectives = build_objectives(row, networks)
    with torch.no_grad():
        output, losses = domain_losses(networks, objectives, images(1), {"ukiyoe": images(3)}, SYM)
    expected = torch.stack([(image.mean() - 0.25) ** 2 for image in output])
    torch.testing.assert_close(losses[:, 2], expected)


def test_an_unknown_kind_is_refused_with_the_known_ones() -> None:
    with pytest.raises(TypeError, match=r"no objective for str; there are Reconstruction, Advers"):
        objective("photo")

"""The step's own functions against the authors' code, to 1e-4 relative."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from torch import Tensor

from sgnlib.experiments import MODEL_2
from sgnlib.nn.discriminator import PatchDiscriminator
from sgnlib.nn.official import generator_from_official
from sgnlib.nn.vgg import VGG16Features
from sgnlib.sym import sym_weighted
from sgnlib.training.objectives import Networks, Objective, objective
from sgnlib.training.step import discriminator_loss, domain_losses
from tests import golden

RELATIVE = 1e-4


@pytest.fixture(scope="module", params=["cpu", "cuda"])
def device(request: pytest.FixtureRequest) -> Iterator[torch.device]:
    """The CPU, and the GPU where there is one, there in full float32."""
    if request.param == "cuda" and not torch.cuda.is_available():
        pytest.skip("no GPU here")
    short = torch.backends.cudnn.allow_tf32
    torch.backends.cudnn.allow_tf32 = False
    yield torch.device(request.param)
    torch.backends.cudnn.allow_tf32 = short


@pytest.fixture(scope="module")
def networks(device: torch.device) -> Networks:
    layout = golden.layout()
    discriminator = PatchDiscriminator()
    discriminator.load_state_dict(
        golden.weights(layout["discriminator"], golden.DISCRIMINATOR_SEED)
    )
    features = VGG16Features("random")
    shapes = {name: tuple(w.shape) for name, w in features.features.state_dict().items()}
    features.features.load_state_dict(golden.weights(shapes, golden.VGG_SEED))
    generator = generator_from_official(golden.weights(layout["generator"], golden.GENERATOR_SEED))
    return Networks(generator.to(device), {1: discriminator.to(device)}, features.to(device))


@pytest.fixture(scope="module")
def expected(device: torch.device) -> dict[str, Tensor]:
    return {name: tensor.to(device) for name, tensor in golden.expected().items()}


@pytest.fixture(scope="module")
def objectives(networks: Networks, device: torch.device) -> list[Objective]:
    """Model 2's, whose style scale is the authors' default of 100."""
    made = [objective(domain) for domain in MODEL_2.domains]
    assert networks.features is not None
    made[2].prepare(networks.features, golden.style().to(device))
    return made


def test_losses_and_loss_g(
    networks: Networks,
    objectives: list[Objective],
    expected: dict[str, Tensor],
    device: torch.device,
) -> None:
    source, reals = golden.source().to(device), {"ukiyoe": golden.target().to(device)}
    with torch.no_grad():
        output, losses = domain_losses(networks, objectives, source, reals, expected["S"])
    torch.testing.assert_close(output, expected["generator_output"], rtol=RELATIVE, atol=1e-4)
    for column, name in enumerate(("loss_rec", "loss_adv", "loss_per")):
        torch.testing.assert_close(losses[:, column], expected[name], rtol=RELATIVE, atol=0)
    total = sym_weighted(losses, expected["S"])
    torch.testing.assert_close(total, expected["loss_G"][0], rtol=RELATIVE, atol=0)


def test_loss_d(networks: Networks, expected: dict[str, Tensor], device: torch.device) -> None:
    with torch.no_grad():
        loss = discriminator_loss(
            networks.discriminators[1],
            golden.target().to(device),
            expected["generator_output"],
            expected["S"][:, 1],
        )
    torch.testing.assert_close(loss, expected["loss_D"][0], rtol=RELATIVE, atol=0)

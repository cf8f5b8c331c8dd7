"""The patch discriminator: the authors' numbers and the size of a patch."""

from __future__ import annotations

import pytest
import torch

from sgnlib.nn.discriminator import PatchDiscriminator
from tests import golden


def test_scores_agree_with_the_authors_code() -> None:
    discriminator = PatchDiscriminator()
    discriminator.load_state_dict(
        golden.weights(golden.layout()["discriminator"], golden.DISCRIMINATOR_SEED)
    )
    wanted = golden.expected()
    with torch.no_grad():
        scores = discriminator(wanted["generator_output"])
    torch.testing.assert_close(
        scores, wanted["discriminator_output_on_output"], rtol=1e-4, atol=1e-5
    )


@pytest.mark.parametrize(("layers", "patch"), [(3, 70), (2, 34)])
def test_a_score_sees_a_patch_of_the_stated_size(layers: int, patch: int) -> None:
    """Without norms, the gradient of one score covers exactly its receptive field."""
    convolutions = [
        m for m in PatchDiscriminator(4, layers).modules() if isinstance(m, torch.nn.Conv2d)
    ]
    images = torch.zeros(1, 3, 128, 128, requires_grad=True)
    x = images
    for convolution in convolutions:
        x = torch.nn.functional.conv2d(
            x, torch.ones_like(convolution.weight), stride=convolution.stride, padding=1
        )
    x[0, 0, x.shape[2] // 2, x.shape[3] // 2].backward()
    assert images.grad is not None
    assert int((images.grad[0, 0].sum(dim=0) != 0).sum()) == patch


def test_weights_start_as_cyclegans_do() -> None:
    torch.manual_seed(0)
    weight = PatchDiscriminator().model[5].weight
    assert abs(float(weight.std()) - 0.02) < 1e-4

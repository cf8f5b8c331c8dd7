"""Losses: one value per image, and the authors' numbers. (Perceptual parity: tests/nn.)"""

from __future__ import annotations

import torch

from sgnlib.losses import adversarial, perceptual, reconstruction
from sgnlib.nn.discriminator import PatchDiscriminator
from sgnlib.nn.official import generator_from_official
from tests import golden


def test_l1_and_lsgan_agree_with_the_authors_code() -> None:
    wanted = golden.expected()
    generator = generator_from_official(
        golden.weights(golden.layout()["generator"], golden.GENERATOR_SEED)
    )
    discriminator = PatchDiscriminator()
    discriminator.load_state_dict(
        golden.weights(golden.layout()["discriminator"], golden.DISCRIMINATOR_SEED)
    )
    with torch.no_grad():
        identity = generator(golden.target(), wanted["S"])
        on_fake = discriminator(wanted["generator_output"])
        on_real = discriminator(golden.target())
    close = {"rtol": 1e-4, "atol": 0}
    output = wanted["generator_output"]
    torch.testing.assert_close(
        reconstruction.l1(output, golden.source()), wanted["rec_l1"], **close
    )
    torch.testing.assert_close(
        reconstruction.l1(identity, golden.target()), wanted["identity_l1"], **close
    )
    torch.testing.assert_close(adversarial.lsgan(on_fake, real=True), wanted["gan_lsgan"], **close)
    torch.testing.assert_close(adversarial.lsgan(on_real, real=True), wanted["d_real"], **close)
    torch.testing.assert_close(adversarial.lsgan(on_fake, real=False), wanted["d_fake"], **close)


def test_every_loss_treats_images_alone() -> None:
    torch.manual_seed(0)
    a, b = torch.randn(3, 3, 8, 8), torch.randn(3, 3, 8, 8)
    target = perceptual.gram(b[:1])
    for loss in (
        lambda i: reconstruction.l1(a[i], b[i]),
        lambda i: adversarial.lsgan(a[i, :1], real=True),
        lambda i: perceptual.content(a[i], b[i]),
        lambda i: perceptual.style(perceptual.gram(a[i]), target),
    ):
        together = loss(slice(None))
        alone = torch.cat([loss(slice(i, i + 1)) for i in range(3)])
        assert together.shape == (3,)
        torch.testing.assert_close(together, alone)


def test_gram_is_divided_by_channels_and_pixels() -> None:
    features = torch.zeros(1, 2, 1, 3)
    features[0, 0, 0] = torch.tensor([1.0, 2.0, 3.0])
    features[0, 1, 0] = torch.tensor([0.0, -1.0, 2.0])
    expected = torch.tensor([[[14.0, 4.0], [4.0, 5.0]]]) / (2 * 1 * 3)
    torch.testing.assert_close(perceptual.gram(features), expected)


def test_style_weights_belong_to_their_taps() -> None:
    taps = perceptual.STYLE_TAPS
    features = {tap: torch.full((1, 1, 2, 2), float(i + 1)) for i, tap in enumerate(taps)}
    targets = {tap: torch.zeros(1, 1, 1) for tap in taps}
    # Gram of a constant c is c^2; its square error to 0 is c^4.
    loss = perceptual.weighted_style(features, targets, (0.1, 1, 10, 5))
    torch.testing.assert_close(loss, torch.tensor([0.1 + 16 + 10 * 81 + 5 * 256]))

"""What a training costs, for the order of work and for the reader of `sgn list`."""

from __future__ import annotations

import math

from sgnlib.experiments import Adversarial, CycleAdversarial, Experiment, Perceptual

SECONDS_PER_GMAC = 0.06
"""Measured on one core of a server CPU with AVX-512, float32, forward and backward together."""
SECONDS_PER_STEP = 0.02
"""What a step costs however small its networks are."""


def expected_seconds(row: Experiment) -> float:
    """Seconds one training takes on one CPU core."""
    return row.steps * (SECONDS_PER_STEP + SECONDS_PER_GMAC * step_gmacs(row))


CORES_PER_GPU = 300
"""How many of these cores a GPU is worth: 30 TFLOP/s. Assumed, and low: only time limits use it."""


def time_limit(seconds: float, *, gpus: int = 0, attempt: int = 1) -> int:
    """Minutes after which a cluster may stop a job: half an hour, and three times what is expected.

    A training that is stopped writes a checkpoint, and the next attempt goes on from it.

    Args:
        seconds: Expected time on one core.
        gpus: GPUs that share the work.
        attempt: Counts from 1; each may take longer than the one before.
    """
    return math.ceil(attempt * (30 + 3 * seconds / (gpus * CORES_PER_GPU or 1) / 60))


def step_gmacs(row: Experiment) -> float:
    """Billions of multiplications in the forward passes of one training step."""
    pixels = row.image_size**2 * row.batch_size / 1e9
    generator, judge = pixels * _generator(row), pixels * _discriminator(row)
    total = generator
    for domain in row.domains:
        if isinstance(domain, Adversarial):
            total += generator + 3 * judge  # identity; fake for G, real and fake for D
        elif isinstance(domain, CycleAdversarial):
            total += generator + 3 * judge  # the way back
        elif isinstance(domain, Perceptual):
            total += 2 * pixels * VGG * row.feature_width**2  # input and output
    return total


def _generator(row: Experiment) -> float:
    """Multiplications per pixel: two 7x7 ends, two halvings and doublings, the blocks."""
    w = row.ngf
    ends, halves = 2 * 49 * 3 * w, 2 * (9 * 2 * w * w / 4 + 9 * 8 * w * w / 16)
    return ends + halves + row.n_blocks * 2 * 9 * (4 * w) ** 2 / 16


def _discriminator(row: Experiment) -> float:
    """Multiplications per pixel of a PatchGAN: 4x4 convolutions, all but two halve the image."""
    w, total = row.ndf, 16 * 3 * row.ndf / 4
    for layer in range(1, row.d_layers + 1):
        inside, outside = w * min(2 ** (layer - 1), 8), w * min(2**layer, 8)
        total += 16 * inside * outside / 4 ** min(layer + 1, row.d_layers)
    return total


VGG = 9 * (
    3 * 64
    + 64 * 64
    + (64 * 128 + 128 * 128) / 4
    + (128 * 256 + 2 * 256 * 256) / 16
    + (256 * 512 + 2 * 512 * 512) / 64
)
"""Multiplications per pixel of VGG16 up to relu4_3."""

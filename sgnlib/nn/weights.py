"""A generator from its weights alone: their shapes say all sizes, and how S enters."""

from __future__ import annotations

from torch import Tensor

from sgnlib.experiments import Injection
from sgnlib.nn.generator import Generator


def generator_from_weights(weights: dict[str, Tensor]) -> Generator:
    """The generator whose weights these are.

    Raises:
        ValueError: A name is unknown, a weight is missing or has the wrong shape.
    """
    injection, domains = _injection(weights)
    ngf = _shape(weights, "stem.conv.weight")[0]
    blocks = sum(name.endswith("conv1.weight") for name in weights)
    hidden = _shape(weights, "gates.0.squeeze.weight")[0] if injection == "ccam" else ngf
    generator = Generator(
        domains, ngf=ngf, n_blocks=blocks, injection=injection, reduction=max(ngf // hidden, 1)
    )
    try:
        generator.load_state_dict(weights)
    except RuntimeError as error:
        raise ValueError(f"these are not a generator's weights: {error}") from error
    return generator.eval()


def _injection(weights: dict[str, Tensor]) -> tuple[Injection, int]:
    """How S enters, and its length: planes beside RGB, a bias after norms, or else gates."""
    channels = _shape(weights, "stem.conv.weight")[1]
    if channels > 3:
        return "concat", channels - 3
    if "down.0.norm.bias.weight" in weights:
        return "cbn", _shape(weights, "down.0.norm.bias.weight")[1]
    return "ccam", _shape(weights, "gates.0.embed.weight")[1]


def _shape(weights: dict[str, Tensor], name: str) -> tuple[int, ...]:
    if name not in weights:
        raise ValueError(f"the weights lack {name!r}: not a generator's, by CCAM, CBN or CONCAT")
    return tuple(weights[name].shape)

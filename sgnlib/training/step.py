"""One training step's mathematics: Eqs. (1), (3) and (4) on merged passes.

Instance norm works per image, so passes may share a batch: source and identity images go through
the generator together, real and fake ones through a discriminator, and no value changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from sgnlib.experiments import Corners, Dirichlet, Fixed, Sampling
from sgnlib.losses.adversarial import lsgan
from sgnlib.nn.discriminator import PatchDiscriminator
from sgnlib.shapes import Images, PerDomain, PerImage, Sym
from sgnlib.sym import corners, sample_sym
from sgnlib.training.objectives import Networks, Objective, Scene


def draw_sym(sampling: Sampling, domains: int, batch_size: int, rng: np.random.Generator) -> Sym:
    """S of a batch, one per image, as the row's sampling says; Dirichlet is Eq. (2)."""
    match sampling:
        case Dirichlet(concentration):
            return sample_sym((concentration,) * domains, batch_size, rng)
        case Fixed(sym):
            return torch.tensor(sym).expand(batch_size, -1).contiguous()
        case Corners():
            return corners(domains)[rng.integers(domains, size=batch_size)]


def active_domains(sym: Sym) -> list[int]:
    """Positions of the domains with a weight other than zero in at least one image."""
    return [k for k, used in enumerate((sym != 0).any(dim=0).tolist()) if used]


def domain_losses(
    networks: Networks,
    objectives: Sequence[Objective],
    source: Images,
    reals: Mapping[str, Images],
    sym: Sym,
    active: Sequence[int] | None = None,
) -> tuple[Images, PerDomain]:
    """L_1 ... L_k of every image, unweighted, Eq. (3).

    Args:
        networks: All networks that the active domains need.
        objectives: One per domain.
        source: The input images.
        reals: Images of the domains by name, as many as input images; each is paired with the S
            of the input image at its place.
        sym: S of every image.
        active: Domains to compute (default all). The other columns are zero; as long as their
            s is zero too, Eq. (1) and its gradient are the same.

    Returns:
        The translations G(x, S) and the losses.
    """
    active = range(len(objectives)) if active is None else active
    scene = _translate(networks, objectives, source, reals, sym, active)
    columns = [
        objective(scene, k) if k in active else source.new_zeros(len(source))
        for k, objective in enumerate(objectives)
    ]
    return scene.output, torch.stack(columns, dim=1)


def discriminator_loss(
    discriminator: PatchDiscriminator, real: Images, fake: Images, weight: PerImage
) -> Float[Tensor, ""]:
    """Eq. (4) as in the authors' code: 0.5 x mean over images of s_i (real_i + fake_i).

    Args:
        discriminator: The domain's.
        real: Images of the domain.
        fake: Translations, detached, as many.
        weight: The domain's component of the S that made each fake.
    """
    scores = discriminator(torch.cat([real, fake]))
    real_scores, fake_scores = scores.split(len(real))
    each = lsgan(real_scores, real=True) + lsgan(fake_scores, real=False)
    return 0.5 * (weight * each).mean()


@contextmanager
def frozen(modules: Iterable[nn.Module]) -> Iterator[None]:
    """Lets gradients through the modules, but none into their weights."""
    modules = list(modules)
    for module in modules:
        module.requires_grad_(False)
    try:
        yield
    finally:
        for module in modules:
            module.requires_grad_(True)


def _translate(
    networks: Networks,
    objectives: Sequence[Objective],
    source: Images,
    reals: Mapping[str, Images],
    sym: Sym,
    active: Sequence[int],
) -> Scene:
    """One generator pass for the input and for all images that shall keep their identity."""
    kept = [k for k in active if objectives[k].wants_identity]
    images = torch.cat([source, *(reals[objectives[k].domain.data] for k in kept)])
    output, *identities = networks.generator(images, sym.repeat(1 + len(kept), 1)).split(
        len(source)
    )
    return Scene(networks, source, sym, output, reals, dict(zip(kept, identities, strict=True)))

"""A row's networks, data and optimisers, and how one step moves them: all that decides weights.

What is around it (files, progress bars, interruptions) is `loop.py` and changes no number.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from sgnlib.datasets.catalog import load_images, load_style
from sgnlib.datasets.sampling import UnpairedSampler, to_images
from sgnlib.experiments import Experiment
from sgnlib.nn.backbone import build_features
from sgnlib.nn.discriminator import build_discriminator
from sgnlib.nn.generator import build_generator
from sgnlib.shapes import Images, Sym
from sgnlib.sym import sym_weighted
from sgnlib.training.objectives import Networks, Objective, objective
from sgnlib.training.pool import ImagePool
from sgnlib.training.schedule import rate
from sgnlib.training.step import (
    active_domains,
    discriminator_loss,
    domain_losses,
    draw_sym,
    frozen,
)

Losses = dict[str, Tensor]
"""Named losses of one step, as scalars that may still be on their way on the device."""


def build_networks(experiment: Experiment, device: torch.device) -> Networks:
    """Untrained networks of a row, a function of the row's seed.

    Raises:
        ValueError: The row's features are still "auto" although a domain needs them.
    """
    kinds = [objective(domain) for domain in experiment.domains]
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(experiment.seed)
        generator = build_generator(experiment)
        discriminators = {
            k: build_discriminator(experiment)
            for k, kind in enumerate(kinds)
            if kind.has_discriminator
        }
        wanted = any(kind.wants_features for kind in kinds)
        features = build_features(experiment) if wanted else None
    return Networks(
        generator.to(device),
        {k: network.to(device) for k, network in discriminators.items()},
        features if features is None else features.to(device),
    )


def build_objectives(experiment: Experiment, networks: Networks) -> tuple[Objective, ...]:
    """The row's objectives, one per domain, ready to use with these networks."""
    made = tuple(objective(domain) for domain in experiment.domains)
    for one in made:
        if one.wants_features and networks.features is not None:
            name = one.domain.data
            file = dict(experiment.images).get(name)
            style = to_images(load_style(name, experiment.image_size, file=file))
            one.prepare(networks.features, style.to(networks.features.mean.device))
    return made


def build_sampler(experiment: Experiment, objectives: Sequence[Objective]) -> UnpairedSampler:
    """Training batches of the input photos and of every domain with a discriminator."""
    drawn = [one.domain.data for one in objectives if one.has_discriminator]
    size, folders = experiment.image_size, dict(experiment.images)
    pools = {
        name: load_images(name, "train", size, folder=folders.get(name))
        for name in dict.fromkeys((experiment.source, *drawn))
    }
    return UnpairedSampler(pools, batch_size=experiment.batch_size, size=size, seed=experiment.seed)


class Trainer:
    """The state of a training and the step that changes it.

    Every random draw is a function of the row's seed and the step's number, so the state holds
    no random number generator.
    """

    def __init__(self, experiment: Experiment, device: torch.device) -> None:
        self.experiment = experiment
        self.device = device
        self.networks = build_networks(experiment, device)
        self.objectives = build_objectives(experiment, self.networks)
        self.pool = ImagePool(experiment.pool_size)
        self._sampler = build_sampler(experiment, self.objectives)
        self._discriminators = nn.ModuleList(self.networks.discriminators.values())
        self._optimisers = [
            torch.optim.Adam(
                module.parameters(), lr=experiment.learning_rate, betas=experiment.betas, fused=True
            )
            for module in (self.networks.generator, self._discriminators)
            if any(True for _ in module.parameters())
        ]

    def step(self, number: int) -> Losses:
        """Updates the generator, then the discriminators, in the authors' order.

        Args:
            number: Updates made so far; from 0 to `experiment.steps` - 1.

        Returns:
            L_G, the batch means of L_1 ... L_k (without the domains whose s is 0), and the losses
            D_k of the discriminators that were trained; domains count from 1.
        """
        row = self.experiment
        for optimiser in self._optimisers:
            optimiser.param_groups[0]["lr"] = self.learning_rate(number)
        sym = draw_sym(row.sampling, len(row.domains), row.batch_size, self._rng(number, 0))
        batch = {
            name: images.to(self.device) for name, images in self._sampler.batch(number).items()
        }
        output, losses = self._update_generator(batch, sym)
        fake, fake_sym = self.pool.query(output, sym, self._rng(number, 1))
        return losses | self._update_discriminators(batch, fake, fake_sym)

    def learning_rate(self, number: int) -> float:
        """The learning rate of a step."""
        return self.experiment.learning_rate * rate(number, self.experiment.steps)

    def state_dict(self) -> dict[str, Any]:
        """All that the next step depends on, as tensors and plain Python objects."""
        return {
            "generator": self.networks.generator.state_dict(),
            "discriminators": self._discriminators.state_dict(),
            "optimisers": [optimiser.state_dict() for optimiser in self._optimisers],
            "pool": self.pool.state_dict(),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Goes back to a state."""
        self.networks.generator.load_state_dict(state["generator"])
        self._discriminators.load_state_dict(state["discriminators"])
        for optimiser, its_state in zip(self._optimisers, state["optimisers"], strict=True):
            optimiser.load_state_dict(its_state)
        self.pool.load_state_dict(state["pool"], self.device)

    def _update_generator(self, batch: dict[str, Images], sym: Sym) -> tuple[Images, Losses]:
        active = active_domains(sym)
        source, sym = batch[self.experiment.source], sym.to(self.device)
        with frozen(self._discriminators):
            output, losses = domain_losses(
                self.networks, self.objectives, source, batch, sym, active
            )
            total = sym_weighted(losses, sym)
            self._optimisers[0].zero_grad()
            total.backward()
        self._optimisers[0].step()
        means = losses.detach().mean(dim=0)
        named = {f"L_{k + 1}": means[k] for k in active}
        return output.detach(), {"L_G": total.detach()} | named

    def _update_discriminators(self, batch: dict[str, Images], fake: Images, sym: Sym) -> Losses:
        losses = {}
        for k in active_domains(sym):
            if k in self.networks.discriminators:
                losses[f"D_{k + 1}"] = discriminator_loss(
                    self.networks.discriminators[k],
                    batch[self.objectives[k].domain.data],
                    fake,
                    sym[:, k].to(self.device),
                )
        if losses:
            self._optimisers[1].zero_grad()
            torch.stack(list(losses.values())).sum().backward()
            self._optimisers[1].step()
        return {name: loss.detach() for name, loss in losses.items()}

    def _rng(self, step: int, stream: int) -> np.random.Generator:
        return np.random.default_rng((self.experiment.seed, step, stream))

"""A row's networks, data and optimisers, and how one step moves them: all that decides weights.

What is around it (files, progress bars, interruptions) is `loop.py` and changes no number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal, TypeAlias, get_args

import numpy as np
import torch
from torch import Tensor, nn

from sgnlib.datasets.catalog import load_images, load_style
from sgnlib.datasets.sampling import UnpairedSampler, crops, to_images
from sgnlib.experiments import Experiment
from sgnlib.nn.backbone import build_features
from sgnlib.nn.discriminator import build_discriminator
from sgnlib.nn.generator import build_generator
from sgnlib.shapes import Images, Pixels, Sym
from sgnlib.sym import sym_weighted
from sgnlib.training.distributed import Group
from sgnlib.training.draws import Draws, Kind, pack
from sgnlib.training.graphs import CudaRecorder, Graphs
from sgnlib.training.objectives import Networks, Objective, objective
from sgnlib.training.pool import ImagePool
from sgnlib.training.precision import Precision, mix_precision
from sgnlib.training.schedule import rate
from sgnlib.training.step import (
    active_domains,
    discriminator_loss,
    domain_losses,
    draw_sym,
    frozen,
)

SHARE = 0.25
"""Share of a device's free memory that images may take."""

Pace: TypeAlias = Literal["eager", "graphs", "compiled"]
PACES: tuple[Pace, ...] = get_args(Pace)
"""How steps are run: see `graphs.py` and `pace.py`."""

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
    no random number generator. All of them are made on the host before the step begins (`draw`);
    the step itself (`update`) is the same work on other numbers and never waits for the device.

    Args:
        experiment: The row, its features settled.
        device: Where to compute.
        precision: See `precision.py`.
        pace: How steps are run; "compiled" ones are recorded as well, on a GPU.
        group: The processes that share every batch (default this one alone). Their states are the
            same at all times.
    """

    def __init__(
        self,
        experiment: Experiment,
        device: torch.device,
        precision: Precision = "float32",
        pace: Pace = "eager",
        group: Group | None = None,
    ) -> None:
        self.experiment = experiment
        self.device = device
        self.group = group or Group(device)
        self.networks = build_networks(experiment, device)
        self.objectives = build_objectives(experiment, self.networks)
        if precision == "bfloat16":
            mix_precision(self.networks, device)
        self.pool = ImagePool(experiment.pool_size, experiment.batch_size)
        self._sampler = build_sampler(experiment, self.objectives)
        self._resident = resident(self._sampler.pools, device)
        self._discriminators = nn.ModuleList(self.networks.discriminators.values())
        self._optimisers = [
            _adam(module.parameters(), experiment, device)
            for module in (self.networks.generator, self._discriminators)
            if any(True for _ in module.parameters())
        ]
        if pace == "compiled":
            for network in (self.networks.generator, *self._discriminators, self.networks.features):
                if network is not None:
                    network.compile()
        self._run: Callable[[Draws], Losses] = self.update
        if pace != "eager" and device.type == "cuda":
            self._run = Graphs(self.update, CudaRecorder(device))

    def step(self, number: int) -> Losses:
        """Updates the generator, then the discriminators, in the authors' order.

        Args:
            number: Updates made so far; from 0 to `experiment.steps` - 1, one after the other.

        Returns:
            L_G, the batch means of L_1 ... L_k (without the domains whose s is 0), and the losses
            D_k of the discriminators that were trained; domains count from 1.
        """
        return self._run(self.draw(number).to(self.device))

    def draw(self, number: int) -> Draws:
        """Makes all decisions of a step, the image pool's included; the pool takes note of them.

        Args:
            number: As for `step`.
        """
        row = self.experiment
        sym = draw_sym(row.sampling, len(row.domains), row.batch_size, self._rng(number, 0))
        swaps = self.pool.decide(sym, self._rng(number, 1))
        kind = tuple(active_domains(sym)), tuple(active_domains(swaps.sym))
        places = {name: self._sampler.places(name, number) for name in self._shown(kind)}
        pixels = {
            i: crops(self._sampler.pools[name], at, row.image_size)
            for i, (name, at) in enumerate(places.items())
            if name not in self._resident
        }
        rate = self.learning_rate(number)
        return pack(list(places.values()), sym, swaps, kind=kind, rate=rate, pixels=pixels)

    def update(self, draws: Draws) -> Losses:
        """The step with these decisions, which lie on the device; see `step`."""
        for optimiser in self._optimisers:
            _set_rate(optimiser, draws)
        batch = self._batch(draws)
        active, judged = draws.kind
        share = self.group.share
        output, losses = self._update_generator(batch, share(draws.sym), active)
        fake = share(self.pool.exchange(self.group.gather(output), draws.take, draws.put))
        judgement = self._update_discriminators(batch, fake, share(draws.fake_sym), judged)
        return self.group.means(losses | judgement)

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
            settings = {name: optimiser.param_groups[0][name] for name in ("lr", "capturable")}
            optimiser.load_state_dict(its_state)
            optimiser.param_groups[0].update(settings)  # they are this device's
        self.pool.load_state_dict(state["pool"], self.device)

    def _shown(self, kind: Kind) -> list[str]:
        """Domains whose images a step of this kind uses, the source first."""
        used = (self.objectives[k] for k in sorted({*kind[0], *kind[1]}))
        reals = (one.domain.data for one in used if one.has_discriminator)
        return list(dict.fromkeys((self.experiment.source, *reals)))

    def _batch(self, draws: Draws) -> dict[str, Images]:
        batch = {}
        for i, name in enumerate(self._shown(draws.kind)):
            pixels = draws.pixels.get(i)
            if pixels is None:
                size = self.experiment.image_size
                pixels = crops(self._resident[name], draws.places(i), size)
            batch[name] = to_images(self.group.share(pixels))
        return batch

    def _update_generator(
        self, batch: Mapping[str, Images], sym: Sym, active: Sequence[int]
    ) -> tuple[Images, Losses]:
        source = batch[self.experiment.source]
        with frozen(self._discriminators):
            output, losses = domain_losses(
                self.networks, self.objectives, source, batch, sym, active
            )
            total = sym_weighted(losses, sym)
            self._descend(0, total)
        means = losses.detach().mean(dim=0)
        named = {f"L_{k + 1}": means[k] for k in active}
        return output.detach(), {"L_G": total.detach()} | named

    def _update_discriminators(
        self, batch: Mapping[str, Images], fake: Images, sym: Sym, judged: Sequence[int]
    ) -> Losses:
        losses = {
            f"D_{k + 1}": discriminator_loss(
                self.networks.discriminators[k],
                batch[self.objectives[k].domain.data],
                fake,
                sym[:, k],
            )
            for k in judged
            if k in self.networks.discriminators
        }
        if losses:
            self._descend(1, torch.stack(list(losses.values())).sum())
        return {name: loss.detach() for name, loss in losses.items()}

    def _descend(self, optimiser: int, loss: Tensor) -> None:
        """One step of an optimiser down the gradient of a loss."""
        self._optimisers[optimiser].zero_grad()
        loss.backward()
        self.group.mean_gradients(self._optimisers[optimiser].param_groups[0]["params"])
        self._optimisers[optimiser].step()

    def _rng(self, step: int, stream: int) -> np.random.Generator:
        return np.random.default_rng((self.experiment.seed, step, stream))


def resident(pools: Mapping[str, Pixels], device: torch.device) -> dict[str, Pixels]:
    """The pools that lie on the device: as many as fit into a share of its free memory.

    The others stay in the host's memory (mapped from files), and their crops are sent.
    """
    if device.type == "cpu":
        return dict(pools)
    room = SHARE * torch.cuda.mem_get_info(device)[0]
    there = {}
    for name, pool in pools.items():
        room -= pool.nbytes
        if room >= 0:
            there[name] = pool.to(device)
    return there


def _adam(
    parameters: Iterable[nn.Parameter], row: Experiment, device: torch.device
) -> torch.optim.Adam:
    """Adam; on a GPU with its rate and its counts there, so that a CUDA graph can hold its step."""
    there = device.type == "cuda"
    rate = torch.tensor(row.learning_rate, device=device) if there else row.learning_rate
    return torch.optim.Adam(parameters, lr=rate, betas=row.betas, fused=True, capturable=there)


def _set_rate(optimiser: torch.optim.Optimizer, draws: Draws) -> None:
    group = optimiser.param_groups[0]
    if isinstance(group["lr"], Tensor):
        group["lr"].copy_(draws.rate_there)
    else:
        group["lr"] = draws.rate

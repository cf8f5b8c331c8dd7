"""The whole idea on one page: regression and classification by one network (Sec. 5.1, supp. A.1).

A network of one input x and one output is asked for two things that contradict each other: the
number g(x), and the class of x. The sym-parameter S = (s_r, s_c) says how much each counts. It
weights the two losses and is an input of the network, so that one network learns the answer to
every mix. `train` at the end is all there is to it; `training/toy.py` does the same for many
networks at once, `evaluation/toy.py` makes Table 1 and Fig. 9 of them.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from sgnlib.shapes import PerDomain, Sym
from sgnlib.sym import sample_sym, sym_weighted

Points = Float[Tensor, " batch"]
"""Values of x in [-1, 1], or one number for each."""

# ----------------------------------------------------------------------------------- the problem


def g(x: Points) -> Points:
    """Eq. (6): the number that regression asks for."""
    return x * (x - 0.8) * (x + 0.9) + 0.5


def h(x: Points) -> Points:
    """Eq. (7): the line that separates the classes."""
    return -0.1 * x + 0.5


def label(x: Points) -> Points:
    """The class: 1 where g(x) < h(x), else 0."""
    return (g(x) < h(x)).to(x.dtype)


CLASSIFICATION = 0.2
"""What L_c is scaled with "to balance the losses" (supp. A.1)."""


def losses(output: Points, x: Points) -> PerDomain:
    """L_r and L_c of every point: squared error to g(x), and 0.2 x cross entropy with the class.

    The one output is taken as the number by L_r, and as the probability of class 1 by L_c.

    Args:
        output: In [0, 1].
        x: Points.
    """
    classification = F.binary_cross_entropy(output, label(x), reduction="none")
    return torch.stack([(output - g(x)).square(), CLASSIFICATION * classification], dim=1)


def losses_of_logits(logits: Points, x: Points) -> PerDomain:
    """The same for the output sigmoid(logits), without rounding where it is close to 0 or 1."""
    # Differs: the paper does not say how the output is kept in [0, 1]. Only if one and the same
    # value enters both losses does L_c at S = (1, 0) come out as in Table 1 (0.2151; there 0.2148).
    classification = F.binary_cross_entropy_with_logits(logits, label(x), reduction="none")
    regression = (logits.sigmoid() - g(x)).square()
    return torch.stack([regression, CLASSIFICATION * classification], dim=1)


def optimum(x: Points, sym: Float[Tensor, "#batch 2"]) -> Points:
    """The output that minimises the loss weighted with S at every x: no network can do better.

    For class 1 the minimum of s_r (p - g)^2 - 0.2 s_c log(p) is the positive root of
    p^2 - g p - 0.1 s_c / s_r = 0, or p = 1 where that exceeds 1; class 0 is its mirror image.

    Args:
        x: Points.
        sym: S of every point, or one for all.
    """
    one = label(x) == 1
    target = torch.where(one, g(x), 1 - g(x))
    pull = CLASSIFICATION / 2 * sym[:, 1] / sym[:, 0]
    root = (target + (target.square() + 4 * pull).sqrt()) / 2
    p = root.clamp(max=1.0)
    return torch.where(one, p, 1 - p)


# ----------------------------------------------------------------------------------- the network


class ToyNetwork(nn.Module):
    """f(x, S): three hidden layers with ReLU, one output in (0, 1) (supp. A.1)."""

    def __init__(self, width: int, seed: int) -> None:
        """Draws the weights uniformly within 1 / sqrt(inputs), as torch does, from the seed."""
        super().__init__()
        sizes = (3, width, width, width, 1)
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in itertools.pairwise(sizes))
        rng = np.random.default_rng([seed, 0])
        with torch.no_grad():
            for inputs, layer in zip(sizes, self.layers, strict=False):
                bound = 1 / math.sqrt(inputs)
                for values in layer.parameters():
                    values.copy_(torch.from_numpy(rng.uniform(-bound, bound, values.shape)))

    def logits(self, x: Points, sym: Sym) -> Points:
        """The output before the sigmoid."""
        *hidden, last = self.layers
        features = torch.cat([x[:, None], sym], dim=1)
        for layer in hidden:
            features = layer(features).relu()
        return last(features)[:, 0]

    def forward(self, x: Points, sym: Sym) -> Points:
        """f(x, S)."""
        return self.logits(x, sym).sigmoid()


# -------------------------------------------------------------------------- how training is done

Draws = tuple[Float[Tensor, "steps batch"], Float[Tensor, "steps batch 2"]]
"""x and S of the steps of an epoch."""


@dataclass(frozen=True)
class PaperProtocol:
    """Supp. A.1: Adam, batch 16, a learning rate of 1e-2, 1e-3, 1e-4 for 200, 200, 100 epochs."""

    # Differs: the paper does not give the size of the data set; we take 256 points evenly spaced.
    points: int = 256
    batch_size: int = 16
    stages: tuple[tuple[int, float], ...] = ((200, 1e-2), (200, 1e-3), (100, 1e-4))

    @property
    def epochs(self) -> int:
        return sum(epochs for epochs, _ in self.stages)

    @property
    def epoch_steps(self) -> int:
        return self.points // self.batch_size

    def learning_rate(self, step: int) -> float:
        """Of a step, the first being 0."""
        rates = [rate for epochs, rate in self.stages for _ in range(epochs)]
        return rates[step // self.epoch_steps]

    def draw(self, seed: int, epoch: int) -> Draws:
        """The data set in a new order, and S ~ Dirichlet(0.5, 0.5) anew for every point."""
        rng = np.random.default_rng([seed, 1, epoch])
        data = (2 * np.arange(self.points) + 1) / self.points - 1
        x = torch.from_numpy(rng.permutation(data)).float()
        sym = sample_sym((0.5, 0.5), self.points, rng)
        shape = (self.epoch_steps, self.batch_size)
        return x.view(shape), sym.view(*shape, 2)


@dataclass(frozen=True)
class FreshProtocol:
    """Our best training of the same network: as many steps, but every x and S is new.

    The problem is a formula, so there is no need for a data set. Larger batches that cover x and S
    evenly (stratified draws of the same distributions), a learning rate that falls to zero.
    """

    batch_size: int = 512
    steps: int = 8000
    peak: float = 1e-2
    warm_up: float = 0.02
    epoch_steps: int = 16

    @property
    def epochs(self) -> int:
        return self.steps // self.epoch_steps

    def learning_rate(self, step: int) -> float:
        """Rises linearly during the share `warm_up` of the steps, under a falling half cosine."""
        done = step / self.steps
        return self.peak * min(1.0, done / self.warm_up) * (1 + math.cos(math.pi * done)) / 2

    def draw(self, seed: int, epoch: int) -> Draws:
        """One x in each of `batch_size` equal cells, one S in each equally probable cell."""
        rng = np.random.default_rng([seed, 1, epoch])
        cells = np.tile(np.arange(self.batch_size), (self.epoch_steps, 1))
        x, u = (
            (order + rng.random(cells.shape)) / self.batch_size
            for order in (cells, rng.permuted(cells, axis=1))
        )
        s = np.sin(np.pi / 2 * u) ** 2  # quantiles of Dirichlet(0.5, 0.5), the arcsine law
        return (
            torch.from_numpy(2 * x - 1).float(),
            torch.from_numpy(np.stack([s, 1 - s], axis=2)).float(),
        )


Protocol = PaperProtocol | FreshProtocol

# ---------------------------------------------------------------------------------- the models


@dataclass(frozen=True)
class ToyModel:
    """One training of the toy problem.

    Attributes:
        name: "sym", "hyper (0.5, 0.5)", "S_in", ...
        sees: The S at its input; None: the S drawn for the point.
        weighs: The S that weights its losses; None: the S drawn for the point.
        width: Units per hidden layer, the paper's "number of filters".
        protocol: Batches and learning rate.
        seed: Of weights and draws. Models of one seed see the same points in the same order.
    """

    name: str
    sees: tuple[float, float] | None = None
    weighs: tuple[float, float] | None = None
    width: int = 64
    protocol: Protocol = PaperProtocol()
    seed: int = 0

    def conditions(self, drawn: Float[Tensor, "*shape 2"]) -> tuple[Tensor, Tensor]:
        """The S at the input and the S that weights the losses, for S as drawn."""
        seen, weights = (
            drawn if fixed is None else torch.tensor(fixed).expand_as(drawn)
            for fixed in (self.sees, self.weighs)
        )
        return seen, weights


WEIGHTS = ((1.0, 0.0), (0.75, 0.25), (0.5, 0.5), (0.25, 0.75), (0.0, 1.0))
"""The five S of Table 1, in its order."""

SYM = ToyModel("sym")
"""The sym model: S is drawn; the network sees it, and the losses are weighted with it."""

HYPER = tuple(ToyModel(f"hyper ({s:g}, {t:g})", sees=(s, t), weighs=(s, t)) for s, t in WEIGHTS)
"""Table 1's hyper-parameter models. Their constant S at the input is no more than a bias."""

S_IN = ToyModel("S_in", weighs=(0.5, 0.5))
"""Fig. 5's ablation: the network sees S, but the losses are weighted with (0.5, 0.5)."""

BEST = replace(SYM, protocol=FreshProtocol())
"""Our best training of the sym model."""


# ------------------------------------------------------------------------------ the training loop


def batches(row: ToyModel) -> Iterator[tuple[Points, Sym]]:
    """x and S of every step of a training."""
    for epoch in range(row.protocol.epochs):
        yield from zip(*row.protocol.draw(row.seed, epoch), strict=True)


def train(row: ToyModel, steps: int | None = None) -> ToyNetwork:
    """Trains one model as the paper describes it; `training/toy.py` is the fast way.

    Args:
        row: What to train.
        steps: How many steps of the protocol; all of them if None.
    """
    network = ToyNetwork(row.width, row.seed)
    adam = torch.optim.Adam(network.parameters())
    for step, (x, drawn) in enumerate(batches(row)):
        if step == steps:
            break
        adam.param_groups[0]["lr"] = row.protocol.learning_rate(step)
        sym, weights = row.conditions(drawn)
        loss = sym_weighted(losses_of_logits(network.logits(x, sym), x), weights)  # Eq. (1)
        adam.zero_grad()
        loss.backward()
        adam.step()
    return network

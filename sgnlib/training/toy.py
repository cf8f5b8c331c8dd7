"""Trains many models of the toy problem together: one stack of networks, one step for all.

A network of 3 x 64 units is so small that a step costs torch more in calls than in arithmetic. Here
the networks lie in a stack, and each call works on all of them: batched products, backward by hand
(four layers, the chain rule), one Adam over one flat vector. A model's result does not depend on
what else is in the stack, and is the one that `toy.train` comes to, up to rounding.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import torch
from jaxtyping import Float
from torch import Tensor

from sgnlib.toy import CLASSIFICATION, Protocol, ToyModel, ToyNetwork, g, label

Layer = tuple[Float[Tensor, "models inputs outputs"], Float[Tensor, "models 1 outputs"]]
"""Weights and biases of one layer of all models."""

Tick = Callable[[int], object]
"""Is told after every epoch how many steps have been made."""


class Stack:
    """The networks of several models, with all that a step needs ready in memory.

    Narrower networks are padded with zeros up to the widest one: zero weights have zero gradients
    here, and stay zero.

    Attributes:
        layers: Views of `parameters`: weights and biases, layer by layer.
        gradients: The same views of the gradient.
    """

    def __init__(self, rows: Sequence[ToyModel], batch_size: int) -> None:
        width = max(row.width for row in rows)
        sizes = (3, width, width, width, 1)
        length = len(rows) * sum((i + 1) * o for i, o in itertools.pairwise(sizes))
        self.rows = tuple(rows)
        self.parameters = torch.nn.Parameter(torch.zeros(length), requires_grad=False)
        self.parameters.grad = torch.zeros(length)
        self.layers = _views(self.parameters.data, len(rows), sizes)
        self.gradients = _views(self.parameters.grad, len(rows), sizes)
        self._hidden = [torch.empty(len(rows), batch_size, width) for _ in range(3)]
        self._deltas = [torch.empty(len(rows), batch_size, width) for _ in range(3)]
        self._logits = torch.empty(len(rows), batch_size, 1)
        for position, row in enumerate(rows):
            start = ToyNetwork(row.width, row.seed)
            for mine, theirs in zip(self._slots(position, row), start.parameters(), strict=True):
                mine.copy_(theirs.data)

    def network(self, position: int) -> ToyNetwork:
        """One model's network, on its own."""
        row = self.rows[position]
        network = ToyNetwork(row.width, row.seed)
        for mine, theirs in zip(self._slots(position, row), network.parameters(), strict=True):
            theirs.data.copy_(mine)
        return network.requires_grad_(False)

    def forward(self, inputs: Float[Tensor, "models batch 3"]) -> Float[Tensor, "models batch 1"]:
        """The logits; valid until the next call."""
        features = inputs
        for (weight, bias), out in zip(self.layers, [*self._hidden, self._logits], strict=True):
            features = torch.baddbmm(bias, features, weight, out=out)
            if out is not self._logits:
                features.relu_()
        return features

    def backward(
        self, inputs: Float[Tensor, "models batch 3"], delta: Float[Tensor, "models batch 1"]
    ) -> None:
        """Fills `gradients`, once per forward, from the loss's derivative by the logits."""
        below = [inputs, *self._hidden]
        for depth in reversed(range(len(self.layers))):
            weight_gradient, bias_gradient = self.gradients[depth]
            torch.bmm(below[depth].mT, delta, out=weight_gradient)
            torch.sum(delta, 1, keepdim=True, out=bias_gradient)
            if depth > 0:
                out = self._deltas[depth - 1]
                torch.bmm(delta, self.layers[depth][0].mT, out=out)
                delta = out.mul_(below[depth].sign_())  # ReLU's derivative: 1 where it is positive

    def _slots(self, position: int, row: ToyModel) -> Iterator[Tensor]:
        """One model's part of the layers, in the order and layout of its parameters."""
        for depth, (weight, bias) in enumerate(self.layers):
            inputs = row.width if depth > 0 else 3
            outputs = row.width if depth < len(self.layers) - 1 else 1
            yield weight[position, :inputs, :outputs].mT
            yield bias[position, 0, :outputs]


def train_together(
    rows: Sequence[ToyModel], tick: Tick | None = None, epochs: int | None = None
) -> dict[ToyModel, ToyNetwork]:
    """Trains models of one protocol, all at once, on one thread.

    One thread, so that the result does not depend on the number of cores (nor the speed on who
    else uses them: the calls are too short to be shared).

    Args:
        rows: What to train.
        tick: Is called with the number of steps after every epoch.
        epochs: How many of the protocol; all of them if None.

    Raises:
        ValueError: The rows are none, or of different protocols.
    """
    protocols = {row.protocol for row in rows}
    if len(protocols) != 1:
        raise ValueError(f"a stack needs rows of one protocol; got {len(protocols)}: {protocols}")
    (protocol,) = protocols
    stack = Stack(rows, protocol.batch_size)
    adam = torch.optim.Adam([stack.parameters], fused=True)
    with one_thread():
        for epoch in range(protocol.epochs if epochs is None else epochs):
            first = epoch * protocol.epoch_steps
            for step, batch in enumerate(zip(*_epoch(rows, protocol, epoch), strict=True), first):
                adam.param_groups[0]["lr"] = protocol.learning_rate(step)
                inputs, *loss = batch
                stack.backward(inputs, _loss_derivative(stack.forward(inputs), *loss))
                adam.step()
            _drop_dust(adam.state[stack.parameters]["exp_avg"])
            if tick is not None:
                tick(protocol.epoch_steps)
    return {row: stack.network(position) for position, row in enumerate(rows)}


Column = Float[Tensor, "*steps models batch 1"]


def _loss_derivative(
    logits: Column, number: Column, of_class: Column, regress: Column, classify: Column
) -> Column:
    """Derivative of Eq. (1), averaged over the batch, by the logits."""
    p = logits.sigmoid()
    slope = (p - number).mul_(p).mul_(1 - p).mul_(regress)
    return slope.addcmul_(p.sub_(of_class), classify)


def _epoch(
    rows: Sequence[ToyModel], protocol: Protocol, epoch: int
) -> tuple[Float[Tensor, "steps models batch 3"], Column, Column, Column, Column]:
    """Inputs, g, classes and the two derivatives' factors for all steps of an epoch."""
    drawn = {seed: protocol.draw(seed, epoch) for seed in {row.seed for row in rows}}
    x = torch.stack([drawn[row.seed][0] for row in rows], dim=1).unsqueeze(3)
    conditions = [row.conditions(drawn[row.seed][1]) for row in rows]
    sym, weights = (torch.stack(part, dim=1) for part in zip(*conditions, strict=True))
    regress = 2 * weights[..., :1] / protocol.batch_size
    classify = CLASSIFICATION * weights[..., 1:] / protocol.batch_size
    flat = x.flatten()
    inputs = torch.cat([x, sym], dim=3)
    return inputs, g(flat).view_as(x), label(flat).view_as(x), regress, classify


def _drop_dust(average: Float[Tensor, " parameters"]) -> None:
    """Sets to zero what has decayed to nothing: arithmetic on denormal numbers is 100 x slower.

    The gradient of a dead unit is zero, so that Adam's average of it decays by 0.9 per step; an
    epoch's 16 steps do not lead from 1e-30 down to the denormal numbers below 1e-38.
    """
    average.mul_(average.abs() > 1e-30)


def _views(flat: Tensor, models: int, sizes: Sequence[int]) -> list[Layer]:
    """The parts of a flat vector as layers of a stack."""
    shapes = list(itertools.pairwise(sizes))
    lengths = [models * n for i, o in shapes for n in (i * o, o)]
    parts = flat.split(lengths)
    return [
        (weight.view(models, i, o), bias.view(models, 1, o))
        for (i, o), weight, bias in zip(shapes, parts[::2], parts[1::2], strict=True)
    ]


@contextmanager
def one_thread() -> Iterator[None]:
    """One CPU thread inside, as many as before afterwards."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)

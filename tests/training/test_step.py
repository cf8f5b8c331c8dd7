"""Laws of one step: Eqs. (1), (3), (4) and what may be skipped or merged."""

from __future__ import annotations

from dataclasses import replace
from unittest.mock import patch

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from sgnlib import experiments
from sgnlib.experiments import Corners, Dirichlet, Experiment, Fixed
from sgnlib.losses.adversarial import lsgan
from sgnlib.nn.discriminator import PatchDiscriminator
from sgnlib.sym import sym_weighted
from sgnlib.training.objectives import Networks, Objective
from sgnlib.training.step import active_domains, discriminator_loss, domain_losses, draw_sym, frozen
from sgnlib.training.trainer import build_networks, build_objectives
from tests.training.rows import TINY, tiny

THREE = tiny(experiments.FIG_15)
"""Two adversarial domains and a perceptual one."""
SINGLEGAN = tiny(experiments.FIG_7_SINGLEGAN)
SYM = torch.tensor([[0.5, 0.2, 0.3], [0.1, 0.75, 0.15]])


def scene(row: Experiment) -> tuple[Networks, tuple[Objective, ...], Tensor, dict[str, Tensor]]:
    networks = build_networks(row, torch.device("cpu"))
    objectives = build_objectives(row, networks)
    generator = torch.Generator().manual_seed(3)
    draw = lambda: torch.rand(2, 3, 32, 32, generator=generator) * 2 - 1  # noqa: E731
    return networks, objectives, draw(), {domain.data: draw() for domain in row.domains}


def gradients(network: nn.Module) -> list[Tensor]:
    return [torch.zeros_like(p) if p.grad is None else p.grad.clone() for p in network.parameters()]


@pytest.mark.parametrize("row", [TINY, THREE, SINGLEGAN], ids=lambda row: row.name)
def test_batch_of_two_is_two_batches_of_one(row: Experiment) -> None:
    networks, objectives, source, reals = scene(row)
    with torch.no_grad():
        output, losses = domain_losses(networks, objectives, source, reals, SYM)
        for i in range(2):
            one = slice(i, i + 1)
            alone = {name: images[one] for name, images in reals.items()}
            out, loss = domain_losses(networks, objectives, source[one], alone, SYM[one])
            torch.testing.assert_close(out, output[one], rtol=1e-4, atol=1e-5)
            torch.testing.assert_close(loss, losses[one], rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("row", [TINY, THREE, SINGLEGAN], ids=lambda row: row.name)
@pytest.mark.parametrize("skipped", [0, 1, 2])
def test_skipping_a_domain_with_zero_weight_is_exact(row: Experiment, skipped: int) -> None:
    networks, objectives, source, reals = scene(row)
    sym = SYM.clone()
    sym[:, skipped] = 0
    got = []
    for active in (None, active_domains(sym)):
        networks.generator.zero_grad()
        _, losses = domain_losses(networks, objectives, source, reals, sym, active)
        sym_weighted(losses, sym).backward()
        got.append(gradients(networks.generator))
    for full, short in zip(*got, strict=True):
        torch.testing.assert_close(short, full, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("zero", [0, 1, 2])
def test_zero_weight_sends_no_gradient(zero: int) -> None:
    """Neither through the image with s_k = 0 nor from L_k; the other image's L_k still pulls."""
    networks, objectives, source, reals = scene(TINY)
    sym = SYM.clone()
    sym[0, zero] = 0
    _, losses = domain_losses(networks, objectives, source, reals, sym)
    losses.retain_grad()
    sym_weighted(losses, sym).backward()
    assert losses.grad is not None
    assert losses.grad[0, zero] == 0
    torch.testing.assert_close(losses.grad, sym / 2)  # Eq. (1): S before the batch mean


def test_inactive_domains_run_no_network() -> None:
    networks, objectives, source, reals = scene(TINY)
    with (
        patch.object(PatchDiscriminator, "forward", side_effect=AssertionError),
        patch.object(type(networks.features), "forward", side_effect=AssertionError),
    ):
        sym = torch.tensor([[1.0, 0.0, 0.0]]).repeat(2, 1)
        _, losses = domain_losses(networks, objectives, source, reals, sym, active_domains(sym))
    assert (losses[:, 0] > 0).all() and (losses[:, 1:] == 0).all()


@pytest.mark.parametrize(
    ("row", "passes"), [(TINY, [4]), (THREE, [6]), (SINGLEGAN, [2, 2])], ids=lambda x: str(x)[:20]
)
def test_generator_passes_are_merged(row: Experiment, passes: list[int]) -> None:
    """Source and identity images share one pass; all ways back home share another."""
    networks, objectives, source, reals = scene(row)
    sizes = []
    networks.generator.register_forward_pre_hook(lambda module, args: sizes.append(len(args[0])))
    domain_losses(networks, objectives, source, reals, SYM)
    assert sizes == passes


def test_generator_update_leaves_discriminators_alone() -> None:
    networks, objectives, source, reals = scene(TINY)
    with frozen(networks.discriminators.values()):
        _, losses = domain_losses(networks, objectives, source, reals, SYM)
        sym_weighted(losses, SYM).backward()
    assert all(p.grad is None for p in networks.discriminators[1].parameters())
    assert all(p.requires_grad for p in networks.discriminators[1].parameters())
    assert any(g.abs().sum() > 0 for g in gradients(networks.generator))


def test_discriminator_loss_is_eq_4_in_one_pass() -> None:
    networks, _, real, reals = scene(TINY)
    network, fake, weight = networks.discriminators[1], reals["ukiyoe"], SYM[:, 1]
    sizes = []
    network.register_forward_pre_hook(lambda module, args: sizes.append(len(args[0])))
    loss = discriminator_loss(network, real, fake, weight)
    assert sizes == [4]
    parts = [
        weight[i]
        * (lsgan(network(real[i : i + 1]), real=True) + lsgan(network(fake[i : i + 1]), real=False))
        for i in range(2)
    ]
    torch.testing.assert_close(loss, (0.5 * (parts[0] + parts[1]) / 2)[0])


def test_discriminator_learns_nothing_from_zero_weight() -> None:
    networks, _, real, reals = scene(TINY)
    network = networks.discriminators[1]
    got = []
    for other in (reals["ukiyoe"][1:], torch.zeros(1, 3, 32, 32)):
        network.zero_grad()
        fake = torch.cat([reals["ukiyoe"][:1], other])
        discriminator_loss(network, real, fake, torch.tensor([0.7, 0.0])).backward()
        got.append(gradients(network))
    for one, another in zip(*got, strict=True):
        torch.testing.assert_close(one, another)


def test_draws() -> None:
    rng = np.random.default_rng(0)
    assert (
        draw_sym(Fixed((0.5, 0.2, 0.3)), 3, 2, rng).tolist() == [pytest.approx([0.5, 0.2, 0.3])] * 2
    )
    at = draw_sym(Corners(), 3, 600, rng)
    assert ((at == 1).sum(dim=1) == 1).all() and ((at == 0).sum(dim=1) == 2).all()
    np.testing.assert_allclose(at.mean(dim=0), 1 / 3, atol=0.06)
    drawn = draw_sym(Dirichlet(0.5), 3, 4000, rng)
    # Var of a component of Dirichlet(a, a, a): (a/A)(1 - a/A) / (A + 1), A = 3a
    assert drawn.var(dim=0).mean().item() == pytest.approx(2 / 9 / 2.5, rel=0.05)
    assert draw_sym(Dirichlet(50.0), 3, 4000, rng).var(dim=0).mean() < 0.002


def test_active_domains() -> None:
    assert active_domains(torch.tensor([[0.0, 1.0, 0.0], [0.0, 0.5, 0.5]])) == [1, 2]
    assert active_domains(torch.tensor([[0.0, 1.5, -0.5]])) == [1, 2]


def test_replacing_discriminators_of_a_run() -> None:
    """A hyper-parameter model without D can be judged by another run's (Table 3)."""
    networks, objectives, source, reals = scene(TINY)
    judged = replace(
        networks, discriminators=build_networks(TINY, torch.device("cpu")).discriminators
    )
    with torch.no_grad():
        one = domain_losses(networks, objectives, source, reals, SYM)[1]
        torch.testing.assert_close(domain_losses(judged, objectives, source, reals, SYM)[1], one)

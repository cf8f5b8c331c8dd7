"""The sym-parameter S (Sec. 3.1): points of the simplex, how they are drawn, and Eq. (1)."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from sgnlib.shapes import PerDomain, Sym


def sample_sym(
    concentration: Sequence[float | int], batch_size: int, rng: np.random.Generator
) -> Sym:
    """Draws one sym-parameter per image from Dirichlet(concentration), Eq. (2).

    Args:
        concentration: One positive number per domain; the paper uses 0.5 each.
        batch_size: Number of images.
        rng: Source of all randomness; the same state gives the same S.

    Raises:
        ValueError: A concentration is not positive and finite.
    """
    alpha = np.asarray(concentration, dtype=np.float64)
    if not (np.isfinite(alpha).all() and (alpha > 0).all()):
        raise ValueError(f"concentration must be positive, one per domain; got {concentration}")
    return torch.from_numpy(rng.dirichlet(alpha, size=batch_size)).float()


def sym_weighted(losses: PerDomain, sym: Sym) -> Float[Tensor, ""]:
    """Eq. (1): the losses of every image weighted with that image's S, then averaged.

    Args:
        losses: L_k of every image, unreduced.
        sym: S of every image.
    """
    return (losses * sym).sum(dim=1).mean()


def validate_sym(
    sym: Sequence[float | int], domains: int, *, extrapolate: bool = False
) -> tuple[float, ...]:
    """Returns `sym` as a tuple if it is a sym-parameter of `domains` domains.

    Args:
        sym: One weight per domain.
        domains: How many are expected.
        extrapolate: Also allow points outside the simplex, like Fig. 1's (0, 1.5, 0).

    Raises:
        ValueError: Wrong number of values, not finite, or (unless extrapolating) off the simplex.
    """
    point = tuple(float(s) for s in sym)
    if len(point) != domains:
        raise ValueError(f"S needs {domains} values, one per domain; got {len(point)}: {point}")
    if not np.isfinite(point).all():
        raise ValueError(f"S must be finite; got {point}")
    if not extrapolate:
        if min(point) < 0:
            raise ValueError(f"S must not be negative on the simplex; got {point}")
        if abs(sum(point) - 1) > 1e-4:
            total = sum(point)
            shares = ", ".join(f"{s / total:.4g}" for s in point) if total else ""
            raise ValueError(
                f"S must sum to 1 on the simplex; got {point} with sum {total:g}"
                + (f"; divided by it, it would be {shares}" if shares else "")
            )
    return point


def corners(domains: int) -> Sym:
    """The simplex's corners: one domain alone each, in the order of the domains."""
    return torch.eye(domains)


def edge_midpoints(domains: int) -> Sym:
    """Half of one domain and half of another, for every pair."""
    eye = torch.eye(domains)
    pairs = list(itertools.combinations(range(domains), 2))
    return torch.stack([(eye[i] + eye[j]) / 2 for i, j in pairs])


def centre(domains: int) -> Sym:
    """The point with equal weights, as a batch of one."""
    return torch.full((1, domains), 1 / domains)


def grid(domains: int, divisions: int) -> Sym:
    """All points of the simplex whose weights are multiples of 1 / divisions.

    For three domains these are (divisions + 1)(divisions + 2) / 2 points, first domain first.
    """
    points = [
        counts
        for counts in itertools.product(range(divisions, -1, -1), repeat=domains)
        if sum(counts) == divisions
    ]
    return torch.tensor(points, dtype=torch.float32) / divisions


def path(waypoints: Sym, points: int) -> Float[Tensor, "points domains"]:
    """A walk along straight lines through the waypoints, at even pace, both ends included."""
    lengths = (waypoints[1:] - waypoints[:-1]).norm(dim=1)
    stops = torch.cat([torch.zeros(1), lengths.cumsum(0)])
    at = torch.linspace(0, float(stops[-1]), points)
    leg = (torch.searchsorted(stops, at, right=True) - 1).clamp(0, len(lengths) - 1)
    share = ((at - stops[leg]) / lengths[leg].clamp_min(1e-12)).clamp(0, 1).unsqueeze(1)
    return waypoints[leg] * (1 - share) + waypoints[leg + 1] * share


def tour(domains: int, per_leg: int) -> Float[Tensor, "points domains"]:
    """S from corner to corner and back to the first one, at even pace, every corner met.

    Args:
        domains: Length of S; as many legs.
        per_leg: Frames from one corner to the next.
    """
    corner = corners(domains)
    return path(torch.cat([corner, corner[:1]]), domains * per_leg + 1)


def to_plane(sym: NDArray[np.floating]) -> NDArray[np.float64]:
    """Maps S of shape (..., k) to points (..., 2) of a regular polygon with unit circumradius.

    The first corner is on top, the others follow clockwise. For three domains the map is
    one to one; `from_plane` is its inverse.
    """
    points = np.asarray(sym, dtype=np.float64)
    return points @ _polygon(points.shape[-1])


def from_plane(points: NDArray[np.floating]) -> NDArray[np.float64]:
    """Barycentric coordinates (..., 3) of points (..., 2) in the triangle of `to_plane`.

    Points outside the triangle give a negative weight: extrapolation.
    """
    system = np.vstack([_polygon(3).T, np.ones(3)])
    plane = np.asarray(points, dtype=np.float64)
    homogeneous = np.concatenate([plane, np.ones((*plane.shape[:-1], 1))], axis=-1)
    return homogeneous @ np.linalg.inv(system).T


def _polygon(domains: int) -> NDArray[np.float64]:
    angles = np.pi / 2 - 2 * np.pi * np.arange(domains) / domains
    return np.stack([np.cos(angles), np.sin(angles)], axis=1)

"""Continuous translation (supp. B.2): a moving source, translated while S walks a path."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pandas as pd
import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from sgnlib.datasets.sampling import to_images
from sgnlib.evaluation.translate import Points, translate
from sgnlib.losses.reconstruction import l1
from sgnlib.shapes import Images, Pixels

Photo = Float[Tensor, "1 3 height width"]
"""One image in [-1, 1]."""


@dataclass(frozen=True)
class Film:
    """Frames before and after translation, and the S of each."""

    original: Images
    translated: Images
    syms: Points


@dataclass(frozen=True)
class Smoothness:
    """Frame-to-frame changes of a still photo's film, mean L1 in [0, 1].

    Attributes:
        largest: The largest change between two frames.
        mean: The mean one.
        corners: The mean change between two corners of S on the way.
    """

    largest: float
    mean: float
    corners: float

    @property
    def share(self) -> float:
        """The largest step as a share of the change between corners: 1 would be a switch."""
        return self.largest / self.corners


def film(generator: nn.Module, photo: Pixels, size: int, syms: Points) -> Film:
    """Pans and zooms over a photo and translates every frame at its S.

    Args:
        generator: G(x, S).
        photo: One photo, square, larger than a frame: at least 1.25 x `size`.
        size: Side of a frame in pixels, a multiple of 4.
        syms: S of every frame.
    """
    original = pan(to_images(photo), size, len(syms))
    return Film(original, translate(generator, original, syms), syms)


def still(generator: nn.Module, photo: Photo, syms: Points) -> Film:
    """The same without movement: only S changes."""
    original = photo.expand(len(syms), -1, -1, -1)
    return Film(original, translate(generator, original, syms), syms)


def pan(photo: Photo, size: int, frames: int) -> Float[Tensor, "frames 3 side side"]:
    """A camera's closed tour over a photo: an ellipse, nearer and farther, without a jump.

    Raises:
        ValueError: The photo is smaller than 1.25 x `size`.
    """
    side = min(photo.shape[2:])
    if side < 1.25 * size:
        raise ValueError(f"a pan of {size} px needs a photo of {1.25 * size:g} px; got {side}")
    views = []
    for frame in range(frames):
        angle = 2 * math.pi * frame / frames
        reach = 0.72 + 0.1 * math.cos(angle)
        room = 1 - reach
        x, y = room * 0.8 * math.cos(angle), room * 0.8 * math.sin(angle)
        affine = torch.tensor([[[reach, 0.0, x], [0.0, reach, y]]])
        where = F.affine_grid(affine, [1, 3, size, size], align_corners=False)
        views.append(
            F.grid_sample(
                _smoothed(photo, reach * side / size),
                where,
                mode="bicubic",
                padding_mode="reflection",
                align_corners=False,
            )
        )
    return torch.cat(views).clamp(-1, 1)


def smoothness(film: Film) -> Smoothness:
    """Measures a film made by `still` whose path goes through corners of S."""
    steps = l1(film.translated[1:] / 2, film.translated[:-1] / 2)
    at_corners = film.translated[(film.syms.max(dim=1).values > 1 - 1e-6)]
    between = l1(at_corners[1:] / 2, at_corners[:-1] / 2)
    return Smoothness(float(steps.max()), float(steps.mean()), float(between.mean()))


# ------------------------------------------------------------------------ the paper's statements


def continuity(measured: Smoothness, jump: float = 0.25) -> pd.DataFrame:
    """Whether a walk through S is continuous: no frame's change is near that between corners.

    Args:
        measured: From `smoothness`.
        jump: It holds where the largest step's share of a change between corners is below this.
    """
    row = {
        "largest step": measured.largest,
        "mean step": measured.mean,
        "between corners": measured.corners,
        "share": measured.share,
        "holds": measured.share < jump,
    }
    return pd.DataFrame({"change of a pixel": row}).T


def frames_at_first_corner(film: Film) -> pd.DataFrame:
    """How far reconstructed frames, S = (1, 0, ...), are from the original; mean L1 in [0, 1].

    B.2 says "may differ": it holds where they differ visibly, but less than at other corners.
    """
    apart = l1(film.translated / 2, film.original / 2)
    names = [f"corner {position + 1}" for position in range(film.syms.shape[1])]
    at = {name: apart[s > 1 - 1e-6].mean() for name, s in zip(names, film.syms.T, strict=True)}
    row: dict[str, object] = {name: float(value) for name, value in at.items()}
    first, *others = at.values()
    row["holds"] = bool(1 / 255 < first < min(others))
    return pd.DataFrame({"change of a pixel": row}).T


def _smoothed(photo: Photo, shrink: float) -> Float[Tensor, "1 3 rows columns"]:
    """Takes away what a view `shrink` times smaller cannot show, so that nothing flickers."""
    factor = max(int(shrink), 1)
    if factor == 1:
        return photo
    return F.avg_pool2d(photo, factor)

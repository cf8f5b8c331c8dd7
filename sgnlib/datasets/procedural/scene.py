"""What a scene is made of: what stands where, in units of the image's side, without colour."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

TreeKind = Literal["round", "conifer", "cypress"]
WaterKind = Literal["none", "lake", "river", "sea"]
CloudKind = Literal["none", "heaps", "streaks"]


@dataclass(frozen=True)
class Sun:
    """A disc in the sky."""

    x: float
    y: float
    radius: float


@dataclass(frozen=True)
class Ridge:
    """A range of mountains or hills: everything below its line.

    Attributes:
        base: Height of its foot, `rise` above it are the tops (y points down).
        waves: How many tops fit beside each other.
        roughness: Gain of the fractal line: 0.25 is a hill, 0.55 is rock.
        peak: (x, height, width) of one cone as of a volcano; height 0 is none.
        depth: 0 at the viewer, 1 at infinity.
    """

    base: float
    rise: float
    waves: int
    roughness: float
    peak: tuple[float, float, float]
    depth: float
    rocky: bool


@dataclass(frozen=True)
class Bend:
    """The course of a river or path from the horizon to the viewer.

    Attributes:
        to: Where it meets the lower edge.
        sway: How far it swings sideways.
        phase: Where it swings, radians.
    """

    to: float
    sway: float
    phase: float

    def at(self, near: NDArray[np.floating]) -> NDArray[np.floating]:
        """Its x where things appear `near` (0..1) times as large as at the lower edge."""
        swing = self.sway * near**0.8 * np.sin(self.phase + 4 / (near + 0.4))
        return 0.5 + (self.to - 0.5) * near**0.7 + swing


@dataclass(frozen=True)
class Water:
    """A lake between two shores, a river from the horizon to the viewer, or the sea.

    Attributes:
        top, bottom: Far and near shore.
        bend: Course of a river; a lake's middle is at `bend.to`.
        width: Half the width of a lake.
    """

    kind: WaterKind
    top: float
    bottom: float
    bend: Bend
    width: float


@dataclass(frozen=True)
class Tree:
    """A tree whose foot is at (x, y)."""

    kind: TreeKind
    x: float
    y: float
    height: float
    lean: float
    tint: float


@dataclass(frozen=True)
class House:
    """A house with a gable roof whose front's left foot is at (x, y)."""

    x: float
    y: float
    width: float
    height: float
    side: float
    tint: float


@dataclass(frozen=True)
class Boat:
    """A sailing boat whose hull floats at (x, y)."""

    x: float
    y: float
    height: float


@dataclass(frozen=True)
class Scene:
    """A landscape; `seed` makes the small things: outlines, leaves, ripples.

    Attributes:
        sunlit_from: -1 if the light comes from the left, 1 from the right, between: from above.
        cover: Share of clouds in the sky.
    """

    seed: int
    horizon: float
    sun: Sun | None
    sunlit_from: float
    clouds: CloudKind
    cover: float
    ridges: tuple[Ridge, ...]
    water: Water
    path: Bend | None
    trees: tuple[Tree, ...]
    houses: tuple[House, ...]
    boats: tuple[Boat, ...]


def river_width(near: NDArray[np.floating]) -> NDArray[np.floating]:
    """Half the width of the river where things appear `near` times as large."""
    return 0.015 + 0.14 * near**1.7


def scale_at(y: float, horizon: float) -> float:
    """How large things at height y appear: 0 at the horizon, 1 at the lower edge."""
    return max(y - horizon, 0.0) / (1 - horizon)

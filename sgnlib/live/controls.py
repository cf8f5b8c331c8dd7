"""The plain parts of the mixer: sliders, presets, switches, and how pictures are encoded."""

from __future__ import annotations

import io
import itertools
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import ipywidgets as widgets
import numpy as np
from jaxtyping import UInt8
from PIL import Image

from sgnlib.live.backends import Picture
from sgnlib.sym import centre, corners, edge_midpoints

DECIMALS = 2
"""Of the sliders' values."""
STEP = 10**-DECIMALS
FOLLOW = 0.1
"""Seconds between two places of the sliders while S moves: they share the picture's way."""
THUMBNAIL = 64
"""Side in pixels of the pictures at the pad's corners."""


def rebalanced(sym: tuple[float, ...], position: int, value: float) -> tuple[float, ...]:
    """S with one component set; the others keep their proportions, and the sum stays 1."""
    value = min(max(value, 0.0), 1.0)
    rest = sum(sym) - sym[position]
    if rest > 1e-6:
        others = [s * (1 - value) / rest for s in sym]
    else:
        others = [(1 - value) / (len(sym) - 1)] * len(sym)
    return (*others[:position], value, *others[position + 1 :])


def presets(titles: Sequence[str]) -> list[tuple[str, tuple[float, ...] | None]]:
    """Corners, middles of edges and the centre, with names; the first entry is none of them."""
    k = len(titles)
    ends = zip(titles, corners(k).tolist(), strict=True)
    pairs = itertools.combinations(titles, 2)
    middles = zip(pairs, edge_midpoints(k).tolist(), strict=True)
    return [
        ("…", None),
        *((name, tuple(sym)) for name, sym in ends),
        *((f"half {one}, half {other}", tuple(sym)) for (one, other), sym in middles),
        ("all alike", tuple(centre(k)[0].tolist())),
    ]


class Sliders:
    """A slider per component of S, in the domain's colour. They follow S; a user may move them.

    Args:
        names: The domains' names.
        hues: Their colours.
        moved: Called with a slider's position and new value where a user has moved it.
    """

    def __init__(
        self, names: Sequence[str], hues: Sequence[str], moved: Callable[[int, float], None]
    ) -> None:
        self.boxes = [_slider(name, hue) for name, hue in zip(names, hues, strict=True)]
        self._moved = moved
        self._following = _Following()
        self._last = 0.0
        for position, box in enumerate(self.boxes):
            box.observe(partial(self._heard, position), names="value")

    def follow(self, sym: Sequence[float], *, at_once: bool) -> None:
        """Goes to an S; any thread may call this.

        Args:
            sym: It.
            at_once: Else now and then is enough: more of S will come.
        """
        if at_once or time.monotonic() - self._last > FOLLOW:
            self._last = time.monotonic()
            self._following.here = True
            for box, value in zip(self.boxes, sym, strict=True):
                # Rounded here: a slider that had to round would send its value back, long after
                # S has gone on, as if a user had moved it.
                box.value = round(value, DECIMALS)
            self._following.here = False

    def _heard(self, position: int, change: Mapping[str, Any]) -> None:
        if not self._following.here:
            self._moved(position, change["new"])


class _Following(threading.local):
    """Whether a thread makes sliders follow; what another one does meanwhile is the user's."""

    here = False


def _slider(name: str, hue: str) -> widgets.FloatSlider:
    return widgets.FloatSlider(
        min=0, max=1, step=STEP, description=name, readout_format=".2f",
        style={"handle_color": hue, "description_width": "110px"},
        layout={"width": "512px", "max_width": "100%"},
    )  # fmt: skip


def switch(name: str) -> widgets.Checkbox:
    """A box to tick."""
    return widgets.Checkbox(
        description=name, indent=False, layout={"width": "auto", "margin": "2px 16px 2px 0"}
    )


def encoded(picture: UInt8[np.ndarray, "height width _"], kind: str) -> bytes:
    """A picture, RGB or RGBA, as a file's bytes: "JPEG" (RGB only) in 1 ms, or "PNG", exact."""
    buffer = io.BytesIO()
    options = {"quality": 90} if kind == "JPEG" else {"compress_level": 1}
    Image.fromarray(picture).save(buffer, kind, **options)
    return buffer.getvalue()


def thumbnail(picture: Picture) -> bytes:
    """The middle of a picture, small and round to be."""
    image = Image.fromarray(picture)
    side = min(image.size)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    square = image.crop((left, top, left + side, top + side))
    buffer = io.BytesIO()
    square.resize((THUMBNAIL, THUMBNAIL)).save(buffer, "JPEG", quality=88)
    return buffer.getvalue()

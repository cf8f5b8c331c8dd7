"""The plain parts of the mixer: sliders, presets, switches, and how pictures are encoded."""

from __future__ import annotations

import io
import itertools
from collections.abc import Sequence

import ipywidgets as widgets
from PIL import Image

from sgnlib.live.backends import Picture
from sgnlib.sym import centre, corners, edge_midpoints

STEP = 0.01
"""Of the sliders."""
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


def slider(name: str, hue: str) -> widgets.FloatSlider:
    """A slider for one component of S, in the domain's colour."""
    return widgets.FloatSlider(
        min=0, max=1, step=STEP, description=name, readout_format=".2f",
        style={"handle_color": hue, "description_width": "110px"}, layout={"width": "512px"},
    )  # fmt: skip


def switch(name: str) -> widgets.Checkbox:
    """A box to tick."""
    return widgets.Checkbox(description=name, indent=False, layout={"width": "auto"})


def encoded(picture: Picture, kind: str) -> bytes:
    """A picture as a file\'s bytes: "JPEG" in 1 ms, or "PNG", exact."""
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

"""Fig. 10 come alive: the three CCAMs' attention maps at the present S, as a small picture."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from sgnlib.nn.generator import Generator
from sgnlib.shapes import Images
from sgnlib.sym import validate_sym

WIDTH, _CELL, _LEFT = 512, 16, 74
"""Of the picture, of a channel, and of the names, in pixels."""

GREY = "#7a828a"
"""Of the names: it can be read on a light page and on a dark one."""


def attention_picture(
    generator: Generator, photo: Images, sym: Sequence[float]
) -> UInt8[np.ndarray, "rows columns 4"]:
    """One cell per channel, layer below layer; dark is a closed gate, bright an open one.

    Raises:
        ValueError: The generator has no CCAM.
    """
    point = validate_sym(sym, generator.domains, extrapolate=True)
    return draw(generator.attention(photo, photo.new_tensor([point])))


def draw(maps: Sequence[Float[Tensor, "1 _"]]) -> UInt8[np.ndarray, "rows columns 4"]:
    """Draws attention maps of one image."""
    import matplotlib as mpl  # here, since it takes long

    colours = mpl.colormaps["cividis"]  # readable with any colour vision
    across = (WIDTH - _LEFT) // _CELL
    rows = [-(-attention.shape[1] // across) for attention in maps]
    # Transparent between the cells: pages are light or dark.
    canvas = Image.new("RGBA", (WIDTH, sum(rows) * _CELL + 10 * len(rows)))
    pen, font = ImageDraw.Draw(canvas), ImageFont.load_default(12)
    top = 4
    for number, (attention, count) in enumerate(zip(maps, rows, strict=True), start=1):
        pen.text((4, top), f"CCAM {number}", fill=GREY, font=font)
        for channel, gate in enumerate(attention[0].tolist()):
            x, y = _LEFT + channel % across * _CELL, top + channel // across * _CELL
            fill = tuple(round(255 * part) for part in colours(gate)[:3])
            pen.rectangle((x, y, x + _CELL - 2, y + _CELL - 2), fill=fill)
        top += count * _CELL + 10
    return np.asarray(canvas)

"""What stands in a notebook in the mixer's place for readers without a running kernel."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from IPython.display import Image

from sgnlib.evaluation.translate import mixes
from sgnlib.nn.generator import Generator
from sgnlib.plots.grids import mixing_grid, simplex_layout
from sgnlib.plots.saving import png_bytes
from sgnlib.shapes import Images
from sgnlib.sym import centre, corners, edge_midpoints


def still(generator: Generator, photo: Images, domains: Sequence[str]) -> Image:
    """The mixtures at corners, edges and centre as a picture.

    Args:
        generator: Trained.
        photo: A batch of one in [-1, 1].
        domains: Their names.
    """
    k = len(domains)
    syms = torch.cat([corners(k), edge_midpoints(k), centre(k)])
    translated = mixes(generator, photo, syms)
    if k == 3:
        figure = simplex_layout(translated[:, 0], syms, domains, cell=0.8)
    else:
        figure = mixing_grid(photo, translated, syms, domains)
    return Image(data=png_bytes(figure), width=round(96 * figure.get_size_inches()[0]))

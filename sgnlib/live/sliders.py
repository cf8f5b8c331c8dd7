"""Sliders that mix a photo's domains in JupyterLab, one per component of S."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import ipywidgets as widgets
import torch
from IPython.display import Image, display
from PIL import Image as Picture
from torch import nn

from sgnlib.evaluation.labels import domain_names, sym_label, title
from sgnlib.evaluation.translate import mixes, translate
from sgnlib.plots.grids import mixing_grid, picture, simplex_layout
from sgnlib.plots.saving import png_bytes
from sgnlib.plots.style import colour
from sgnlib.shapes import Images
from sgnlib.sym import centre, corners, edge_midpoints
from sgnlib.training.runs import Run

SIDE = 256
"""Side of the two pictures on the screen, in pixels."""


class MixSliders:
    """The sliders, the photo and its translation; a cell that ends with it shows them.

    Attributes:
        sym: The present S; setting it moves the sliders.
    """

    def __init__(self, generator: nn.Module, photo: Images, domains: Sequence[str]) -> None:
        self._generator = generator
        self._photo = photo
        self._sym = tuple([1.0, *[0.0] * (len(domains) - 1)])
        self._moving = False
        self.sliders = [_slider(domain) for domain in domains]
        self.output = widgets.Image(format="png", width=SIDE, height=SIDE)
        self.label = widgets.Label()
        source = widgets.Image(value=_png(photo), format="png", width=SIDE, height=SIDE)
        pictures = widgets.HBox([source, self.output])
        self._box = widgets.VBox([*self.sliders, self.label, pictures])
        for position, slider in enumerate(self.sliders):
            slider.observe(self._on_move(position), names="value")
        self.sym = tuple(centre(len(domains))[0].tolist())

    @property
    def sym(self) -> tuple[float, ...]:
        return self._sym

    @sym.setter
    def sym(self, sym: tuple[float, ...]) -> None:
        self._sym = sym
        self._moving = True  # what follows is not the user's doing
        for slider, value in zip(self.sliders, sym, strict=True):
            slider.value = value
        self._moving = False
        self.label.value = f"S = {sym_label(sym)}"
        self.output.value = _png(translate(self._generator, self._photo, torch.tensor([sym])))

    def _on_move(self, position: int) -> Any:
        def moved(change: dict[str, Any]) -> None:
            if not self._moving:
                self.sym = rebalanced(self.sym, position, change["new"])

        return moved

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, Any]:
        # The widget's own text holds the picture's bytes, which differ between machines.
        shown = self._box._repr_mimebundle_(**kwargs) or {}
        return {**shown, "text/plain": f"sliders for {len(self.sliders)} domains"}


def mix_sliders(run: Run, photo: Images) -> MixSliders:
    """Sliders to mix the run's domains on one photo; works in JupyterLab with plain ipywidgets.

    Above them it shows a still picture of the mixtures, for readers without a running kernel.

    Args:
        run: A finished run.
        photo: One image in [-1, 1], height and width divisible by 4.
    """
    generator, domains = run.generator(), domain_names(run.experiment)
    syms = torch.cat([corners(len(domains)), edge_midpoints(len(domains)), centre(len(domains))])
    still = mixes(generator, photo, syms)
    if len(domains) == 3:
        figure = simplex_layout(still[:, 0], syms, domains, cell=0.8)
    else:
        figure = mixing_grid(photo, still, syms, domains)
    display(Image(data=png_bytes(figure), width=round(96 * figure.get_size_inches()[0])))
    return MixSliders(generator, photo, domains)


def rebalanced(sym: tuple[float, ...], position: int, value: float) -> tuple[float, ...]:
    """S with one component set; the others keep their proportions, and the sum stays 1."""
    value = min(max(value, 0.0), 1.0)
    rest = sum(sym) - sym[position]
    if rest > 1e-6:
        others = [s * (1 - value) / rest for s in sym]
    else:
        others = [(1 - value) / (len(sym) - 1)] * len(sym)
    return (*others[:position], value, *others[position + 1 :])


def _slider(domain: str) -> widgets.FloatSlider:
    return widgets.FloatSlider(
        min=0, max=1, step=0.01, description=title(domain), readout_format=".2f",
        style={"handle_color": colour(domain), "description_width": "110px"},
        layout={"width": f"{2 * SIDE}px"},
    )  # fmt: skip


def _png(image: Images) -> bytes:
    array = (picture(image[0]) * 255).round().astype("uint8")
    buffer = io.BytesIO()
    Picture.fromarray(array).resize((SIDE, SIDE), Picture.Resampling.BICUBIC).save(buffer, "PNG")
    return buffer.getvalue()

"""A slider for the toy problem: S moves, the loss map and the outputs follow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import ipywidgets as widgets
import torch

from sgnlib.evaluation.toy import grid, loss_map, outputs
from sgnlib.plots.saving import png_bytes
from sgnlib.plots.toy import Panel, one_map
from sgnlib.toy import ToyNetwork, optimum


class ToySlider:
    """The slider and its picture; a cell that ends with it shows them.

    Attributes:
        slider: s_c, the weight of classification; s_r is the rest.
        picture: The loss map at S, with the exact optimum and the networks' outputs.
    """

    def __init__(self, networks: Mapping[str, ToyNetwork], start: float = 0.5) -> None:
        """Shows networks.

        Args:
            networks: By the names of `plots.toy.MODELS`.
            start: The first s_c.
        """
        self._networks = dict(networks)
        self.slider = widgets.FloatSlider(
            start, min=0, max=1, step=0.01, description="s_c", readout_format=".2f",
            layout={"width": "560px"},
        )  # fmt: skip
        self.picture = widgets.Image(format="png", width=560)
        self._box = widgets.VBox([self.slider, self.picture])
        self.slider.observe(self._redraw, names="value")
        self._redraw({"new": start})

    def _redraw(self, change: dict[str, Any]) -> None:
        sym = (1.0 - change["new"], float(change["new"]))
        x, y = grid(500), torch.linspace(0, 1, 151)
        curves = {name: outputs(net, sym, x).numpy() for name, net in self._networks.items()}
        curves["optimum"] = optimum(x, torch.tensor([sym])).numpy()
        title = f"S = ({sym[0]:.2f}, {sym[1]:.2f})"
        panel = Panel(title, loss_map(sym, x, y).numpy(), curves)
        self.picture.value = png_bytes(one_map(x.numpy(), panel))

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, Any]:
        # The widget's own text holds the picture's bytes, which differ between machines.
        shown = self._box._repr_mimebundle_(**kwargs) or {}
        return {**shown, "text/plain": "a slider for s_c"}

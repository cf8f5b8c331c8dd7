"""The pad on which S is chosen by hand: a triangle for three domains, a line for two."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import anywidget
import traitlets

from sgnlib.evaluation.labels import title
from sgnlib.live.assets import PAD_SCRIPT, PAD_STYLE
from sgnlib.plots.colours import colour
from sgnlib.sym import centre, validate_sym


class SimplexPad(anywidget.AnyWidget):
    """A knob to drag inside a triangle (or along a line) whose corners are domains.

    By keyboard: arrows move by 0.02 (with shift 0.1), 1 to 9 go to a corner, 0 to the centre. Of
    more domains than corners, the pad distributes what the others leave; if they leave nothing,
    it takes all. Set several traits together inside `hold_sync()`.

    Attributes:
        sym: S, one component per domain; the centre to begin with.
        names: The domains' names for readers.
        colours: A colour "#rrggbb" per domain.
        shown: Positions of the two or three domains on the pad, the first one on top (left).
        thumbnails: A JPEG or PNG per domain, shown at its corner; or none at all.
        extrapolate: Lets the knob leave the figure, to components in [-0.5, 1.5].
        dragging: True while a pointer holds the knob.
    """

    _esm = PAD_SCRIPT
    _css = PAD_STYLE

    sym = traitlets.List(traitlets.Float()).tag(sync=True)
    names = traitlets.List(traitlets.Unicode()).tag(sync=True)
    colours = traitlets.List(traitlets.Unicode()).tag(sync=True)
    shown = traitlets.List(traitlets.Int()).tag(sync=True)
    thumbnails = traitlets.List(traitlets.Bytes()).tag(sync=True)
    extrapolate = traitlets.Bool(False).tag(sync=True)
    dragging = traitlets.Bool(False).tag(sync=True)

    @traitlets.default("sym")
    def _start(self) -> list[float]:
        return centre(len(self.names))[0].tolist()

    @traitlets.validate("sym")
    def _valid_sym(self, proposal: dict[str, Any]) -> list[float]:
        sym = validate_sym(proposal["value"], len(self.names), extrapolate=self.extrapolate)
        return list(sym)

    @traitlets.validate("shown")
    def _valid_shown(self, proposal: dict[str, Any]) -> list[int]:
        shown, domains = proposal["value"], len(self.names)
        inside = all(0 <= position < domains for position in shown)
        if len(shown) not in (2, 3) or len(set(shown)) < len(shown) or not inside:
            raise ValueError(
                f"the pad shows two or three different domains out of 0 to {domains - 1}; "
                f"got {shown}"
            )
        return shown

    @traitlets.validate("colours", "thumbnails")
    def _one_each(self, proposal: dict[str, Any]) -> list[Any]:
        values, domains = proposal["value"], len(self.names)
        if len(values) != domains and (values or proposal["trait"].name == "colours"):
            what = proposal["trait"].name
            raise ValueError(f"{what} needs one value per domain, {domains}; got {len(values)}")
        return values

    @traitlets.observe("extrapolate")
    def _back_onto_the_simplex(self, change: dict[str, Any]) -> None:
        if not change["new"]:
            self.sym = nearest(self.sym)


def simplex_pad(domains: Sequence[str], thumbnails: Sequence[bytes] = ()) -> SimplexPad:
    """A pad of these domains with their names and colours, at the centre of the simplex.

    Args:
        domains: At least two; the first three are on the pad.
        thumbnails: A JPEG or PNG per domain, or none.

    Raises:
        ValueError: Fewer than two domains, or another number of thumbnails.
    """
    return SimplexPad(
        names=[title(domain) for domain in domains],
        colours=[colour(domain) for domain in domains],
        shown=list(range(min(len(domains), 3))),
        thumbnails=list(thumbnails),
    )


def nearest(sym: Sequence[float]) -> list[float]:
    """The point of the simplex that is nearest to S; S itself where it lies on it.

    Args:
        sym: Any finite numbers.
    """
    # All components are shifted alike, then clipped: by as much as the largest of them allow.
    falling, shift, total = sorted(sym, reverse=True), 0.0, 0.0
    for count, value in enumerate(falling, start=1):
        total += value
        if value > (total - 1) / count:
            shift = (total - 1) / count
    return [max(value - shift, 0.0) for value in sym]

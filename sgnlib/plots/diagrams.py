"""The paper's drawings: Fig. 2 (the idea), Fig. 3 (SGN), Fig. 4 (CCAM)."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from sgnlib.plots.style import CAPTION_ROOM, DPI, FAINT, INK, PAPER, colour, look

Number = float | int
Point = tuple[Number, Number]

SYM = "#D55E00"
"""The colour of S wherever it enters."""

NETWORK, LOSS, PLAIN = "#dceaf5", "#f7ead2", "#efefea"


class _Sheet:
    """A sheet to draw boxes and arrows on, in hundredths of an inch from the bottom left."""

    def __init__(self, width: Number, height: Number) -> None:
        room = CAPTION_ROOM * 100
        self.figure = Figure(figsize=(width / 100, height / 100 + CAPTION_ROOM), dpi=DPI,
                             facecolor=PAPER)  # fmt: skip
        self.axes: Axes = self.figure.add_axes((0, 0, 1, 1))
        self.axes.set(xlim=(0, width), ylim=(-room, height))
        self.axes.axis("off")

    def box(self, at: Point, size: Point, text: str, fill: str = PLAIN, edge: str = FAINT) -> None:
        """A box around its centre."""
        (x, y), (w, h) = at, size
        shape = "round,pad=0,rounding_size=5"
        self.axes.add_patch(
            FancyBboxPatch((x - w / 2, y - h / 2), w, h, shape, fc=fill, ec=edge, lw=1)
        )
        self.text(at, text)

    def text(self, at: Point, text: str, color: str = INK, size: Number = 9) -> None:
        """Words around a point."""
        self.axes.text(*at, text, ha="center", va="center", color=color, fontsize=size)

    def arrow(self, start: Point, end: Point, color: str = INK, bend: Number = 0) -> None:
        """An arrow; `bend` curves it."""
        style = f"arc3,rad={bend}"
        self.axes.add_patch(
            FancyArrowPatch(start, end, arrowstyle="-|>", mutation_scale=9, lw=1.1, color=color,
                            connectionstyle=style, shrinkA=0, shrinkB=1)
        )  # fmt: skip


def idea() -> Figure:
    """Fig. 2: (a) a hyper-parameter model per weighting of the losses; (b) one model f(x, S)."""
    with look():
        sheet = _Sheet(760, 290)
        sheet.text((165, 272), "(a) hyper-parameter models: one training each", size=9.5)
        for row, weights in enumerate(("(1, 0, 0)", "(0.5, 0.5, 0)", "(0, 0.3, 0.7)")):
            y = 215 - 80 * row
            sheet.text((22, y), "$x$", size=11)
            sheet.arrow((34, y), (62, y))
            sheet.box((100, y), (76, 44), f"$f_{{\\omega_{row + 1}}}$", NETWORK)
            sheet.arrow((138, y), (176, y))
            sheet.box(
                (252, y), (150, 44),
                f"$h_1 L_1 + h_2 L_2 + h_3 L_3$\n$h$ = {weights}", LOSS,
            )  # fmt: skip
        sheet.axes.plot([362, 362], [10, 280], color=FAINT, lw=0.8, ls=":")
        sheet.text((565, 272), "(b) sym-parameter: one training for all", size=9.5)
        sheet.text((395, 150), "$x$", size=11)
        sheet.arrow((407, 150), (441, 150))
        sheet.box((490, 150), (96, 60), "$f_\\omega(x, S)$", NETWORK)
        sheet.arrow((538, 150), (576, 150))
        sheet.box((662, 150), (170, 60), "$s_1 L_1 + s_2 L_2 + s_3 L_3$", LOSS)
        sheet.text((565, 50), "$S = (s_1, s_2, s_3)$, drawn anew for every image", SYM)
        sheet.arrow((530, 64), (490, 119), SYM)
        sheet.arrow((604, 64), (655, 119), SYM)
    return sheet.figure


def structure() -> Figure:
    """Fig. 3: SGN for reconstruction, adversarial and perceptual loss, Eqs. (3) and (4)."""
    with look():
        sheet = _Sheet(760, 330)
        sheet.box((55, 190), (86, 50), "photo $x$")
        sheet.box((55, 62), (86, 44), "$S =$\n$(s_1, s_2, s_3)$", "#fbe9dd", SYM)
        sheet.box((205, 190), (120, 74), "generator $G$\nwith three\nCCAMs", NETWORK)
        sheet.box((345, 190), (84, 50), "$G(x, S)$")
        sheet.arrow((98, 190), (144, 190))
        sheet.arrow((98, 74), (195, 152), SYM)
        sheet.arrow((265, 190), (302, 190))
        losses = (
            (282, "$L_{rec}$:\ngive the photo back", colour("photo")),
            (190, "$L_{adv}$:\nfool $D$", colour("vangogh")),
            (98, "$L_{per}$: content of $x$,\nstyle of an image", colour("udnie")),
        )
        for y, text, edge in losses:
            sheet.box((500, y), (158, 48), text, LOSS, edge)
            sheet.arrow((387, 190), (420, y), bend=0)
            sheet.arrow((579, y), (640, 190), SYM)
        for (x, y), name in zip(((628, 250), (608, 202), (628, 130)), "123", strict=True):
            sheet.text((x, y), f"$\\times\\, s_{name}$", SYM)
        sheet.box((693, 190), (104, 56), "$L_G = \\Sigma_k\\, s_k L_k$\nEq. (3)", LOSS)
        sheet.box(
            (500, 28), (158, 40), "discriminator $D$ learns\nfrom $s_2 L_D$, Eq. (4)", NETWORK
        )
        sheet.arrow((98, 52), (420, 28), SYM, bend=0.06)
    return sheet.figure


def ccam() -> Figure:
    """Fig. 4: CCAM, Eq. (5): X times sigmoid(MLP_m([AvgPool(X), MLP_e(S)]))."""
    with look():
        sheet = _Sheet(760, 210)
        sheet.box((62, 160), (100, 50), "features $X$\n$H \\times W \\times C$")
        sheet.box((62, 45), (100, 44), "$S$", "#fbe9dd", SYM)
        sheet.box((205, 120), (104, 40), "AvgPool\n$1 \\times 1 \\times C$", NETWORK)
        sheet.box((205, 45), (104, 44), "$MLP_e$\n$1 \\times 1 \\times C$", NETWORK)
        sheet.box((330, 82), (92, 44), "concatenate\n$2C$")
        sheet.box((450, 82), (92, 44), "$MLP_m$\n$2C \\to C/4 \\to C$", NETWORK)
        sheet.box((560, 82), (72, 44), "$\\sigma$\n$M \\in (0,1)^C$", NETWORK)
        sheet.box((690, 160), (110, 50), "$X \\cdot M$\n$H \\times W \\times C$")
        sheet.text((560, 160), "$\\otimes$", size=16)
        sheet.arrow((112, 160), (549, 160))
        sheet.arrow((112, 150), (153, 124))
        sheet.arrow((112, 45), (153, 45), SYM)
        sheet.arrow((257, 120), (284, 92))
        sheet.arrow((257, 45), (284, 72), SYM)
        sheet.arrow((376, 82), (404, 82))
        sheet.arrow((496, 82), (524, 82))
        sheet.arrow((560, 104), (560, 151))
        sheet.arrow((571, 160), (635, 160))
    return sheet.figure

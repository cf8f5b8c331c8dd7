"""Figures and tables as files: whole or not at all, and the same bytes for the same content."""

from __future__ import annotations

import io
from pathlib import Path

import pandas as pd
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from sgnlib import paths
from sgnlib.plots.style import look
from sgnlib.storage import atomic_write


def png_bytes(figure: Figure) -> bytes:
    """The figure as PNG without date or software, so that equal pictures are equal bytes."""
    FigureCanvasAgg(figure)
    buffer = io.BytesIO()
    with look():  # ticks are made, and take their look, when they are drawn
        figure.savefig(
            buffer, format="png", dpi="figure", metadata={"Software": None},
            pil_kwargs={"optimize": True},
        )  # fmt: skip
    return buffer.getvalue()


def save(figure: Figure, name: str) -> Path:
    """Writes figures/`name`.png."""
    path = paths.figures_dir() / f"{name}.png"
    atomic_write(path, png_bytes(figure))
    return path


def save_table(frame: pd.DataFrame, name: str) -> Path:
    """Writes figures/tables/`name`.csv; the index only where it has a name."""
    named = any(level is not None for level in frame.index.names)
    text = frame.to_csv(index=named, float_format="%.6g", lineterminator="\n")
    path = paths.figures_dir() / "tables" / f"{name}.csv"
    atomic_write(path, text.encode())
    return path


def as_jpeg(png: bytes) -> bytes:
    """A PNG as a JPEG of good quality, a fraction of its size where it shows pictures."""
    buffer = io.BytesIO()
    Image.open(io.BytesIO(png)).convert("RGB").save(buffer, "JPEG", quality=88, subsampling=0)
    return buffer.getvalue()
